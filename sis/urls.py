from django.urls import path

from sis.views import access, courses, reads, schools, section_deletion, section_forms, sections, students

app_name = "sis"
urlpatterns = [
    path("schools/", schools.SchoolList.as_view(), name="school-list"),
    path("schools/<str:code>/", schools.SchoolHome.as_view(), name="school"),
    path("schools/<str:code>/state/", schools.SwitchState.as_view(), name="school-state"),
    path("students/", students.StudentList.as_view(), name="student-list"),
    path("students/export/<str:form>/", students.StudentExport.as_view(), name="student-export"),
    path("students/find/", students.FindStudent.as_view(), name="student-find"),
    path("students/<int:pk>/", students.StudentPage.as_view(), name="student"),
    path("sections/", sections.SectionList.as_view(), name="section-list"),
    path("sections/export/<str:form>/", sections.SectionExport.as_view(), name="section-export"),
    path("sections/<int:pk>/", sections.SectionPage.as_view(), name="section"),
    path("sections/<int:pk>/edit/", section_forms.EditSection.as_view(), name="section-edit"),
    path("sections/<int:pk>/delete/", section_deletion.DeleteSection.as_view(), name="section-delete"),
    path("schools/<str:code>/sections/add/", section_forms.AddSection.as_view(), name="section-add"),
    path("terms/<int:pk>/", section_forms.TermPage.as_view(), name="term"),
    path("enrolments/<int:pk>/courses/add/", courses.AddCourse.as_view(), name="course-add"),
    path("course-enrolments/<int:pk>/", courses.EndCourse.as_view(), name="course-enrolment"),
    path("access/", reads.ReadList.as_view(), name="reads"),
    path("access/find/", reads.FindRead.as_view(), name="reads-find"),
    path("access/export/<str:form>/", reads.ReadExport.as_view(), name="reads-export"),
    path("people/<int:pk>/schools/", access.Schools.as_view(), name="access"),
]
