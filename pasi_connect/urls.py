from django.urls import URLPattern

app_name = "pasi_connect"
urlpatterns: list[URLPattern] = []
