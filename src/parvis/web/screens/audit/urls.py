from django.urls import path

from parvis.web.screens.audit import views

urlpatterns = [
    path("audit/", views.trail, name="audit"),
    path("audit/check", views.check, name="audit-check"),
]
