from django.urls import path

from alerts.views import assigning, mine, notices, own

app_name = "alerts"
urlpatterns = [
    path("changes/mine/", mine.mine, name="mine"),
    path("changes/<int:pk>/assign/", assigning.Assign.as_view(), name="assign"),
    path("changes/<int:pk>/snooze/", assigning.SnoozeItem.as_view(), name="snooze"),
    path("notices/", notices.Notices.as_view(), name="notices"),
    path("notices/<int:pk>/seen/", notices.MarkSeen.as_view(), name="notice-seen"),
    path("notices/records/", notices.OtherRecords.as_view(), name="other-records"),
    path("notices/records/<int:pk>/seen/", notices.RecordSeen.as_view(), name="record-seen"),
    path("profile/notices/", own.Own.as_view(), name="own"),
    path("profile/notices/test/", own.TestMail.as_view(), name="mail-test"),
    path("profile/absence/", own.PlanAbsence.as_view(), name="absence"),
    path("profile/absence/<int:pk>/end/", own.EndAbsence.as_view(), name="absence-end"),
]
