from django.urls import path

from operations.views import error_log, gate, jobs, people, profile, remembered, roles, words

app_name = "operations"
urlpatterns = [
    path("theme/", gate.set_theme, name="theme"),
    path("profile/", profile.Profile.as_view(), name="profile"),
    path("profile/password/", profile.Password.as_view(), name="password"),
    path("profile/tokens/", profile.Tokens.as_view(), name="tokens"),
    path("profile/tokens/<int:pk>/revoke/", profile.RevokeToken.as_view(), name="token-revoke"),
    path("jobs/", jobs.index, name="jobs"),
    path("jobs/<int:pk>/", jobs.item, name="job"),
    path("jobs/<int:pk>/state/", jobs.state, name="job-state"),
    path("jobs/<int:pk>/approve/", jobs.approve, name="job-approve"),
    path("jobs/<int:pk>/cancel/", jobs.cancel, name="job-cancel"),
    path("jobs/<int:pk>/resume/", jobs.resume, name="job-resume"),
    path("lists/<str:page>/columns/", remembered.columns, name="list-columns"),
    path("lists/<str:page>/reset/", remembered.reset, name="list-reset"),
    path("words/", words.Words.as_view(), name="words"),
    path("styleguide/", words.StyleGuide.as_view(), name="styleguide"),
    path("people/", people.PeopleList.as_view(), name="people"),
    path("people/add/", people.AddPerson.as_view(), name="person-add"),
    path("people/service-accounts/add/", people.AddService.as_view(), name="service-add"),
    path("people/<int:pk>/", people.PersonPage.as_view(), name="person"),
    path("people/<int:pk>/link/", people.SendLink.as_view(), name="person-link"),
    path("people/<int:pk>/unlock/", people.Unlock.as_view(), name="person-unlock"),
    path("people/<int:pk>/tokens/", people.MakeToken.as_view(), name="person-tokens"),
    path("people/<int:pk>/tokens/<int:token>/revoke/", people.RevokeToken.as_view(), name="person-token-revoke"),
    path("errors/", error_log.index, name="errors"),
    path("roles/", roles.Roles.as_view(), name="roles"),
]
