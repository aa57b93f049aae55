from django.urls import URLPattern

app_name = "sis"
urlpatterns: list[URLPattern] = []
