from django.urls import path

from sis.views import access, courses, schools, sections, students

app_name = "sis"
urlpatterns = [
    path("schools/", schools.SchoolList.as_view(), name="school-list"),
    path("schools/<str:code>/", schools.SchoolHome.as_view(), name="school"),
    path("schools/<str:code>/state/", schools.SwitchState.as_view(), name="school-state"),
    path("students/", students.StudentList.as_view(), name="student-list"),
    path("students/find/", students.FindStudent.as_view(), name="student-find"),
    path("students/<int:pk>/", students.StudentPage.as_view(), name="student"),
    path("sections/", sections.SectionList.as_view(), name="section-list"),
    path("sections/<int:pk>/", sections.SectionPage.as_view(), name="section"),
    path("enrolments/<int:pk>/courses/add/", courses.AddCourse.as_view(), name="course-add"),
    path("course-enrolments/<int:pk>/", courses.EndCourse.as_view(), name="course-enrolment"),
    path("people/<int:pk>/schools/", access.Schools.as_view(), name="access"),
]
