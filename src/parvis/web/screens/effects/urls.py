from django.urls import path

from parvis.web.screens.effects import views

urlpatterns = [path("effects/<int:key>/", views.answer, name="effect-answer")]
