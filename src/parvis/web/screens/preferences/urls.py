from django.urls import path

from parvis.web.screens.preferences import views

urlpatterns = [path("preferences/", views.choose, name="preferences")]
