from django.urls import path

from parvis.web.screens.notices import views

urlpatterns = [
    path("account/notices/", views.own, name="notice-routes"),
    path("listen/notices/", views.shared, name="shared-routes"),
    path("account/notices/<int:key>/test/", views.test, name="notice-route-test"),
    path("account/notices/<int:key>/switch/", views.switch, name="notice-route-switch"),
    path("account/notices/<int:key>/remove/", views.remove, name="notice-route-remove"),
]
