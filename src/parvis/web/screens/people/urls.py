from django.urls import path

from parvis.web.screens.people import departments, views

urlpatterns = [
    path("people/", views.people, name="people"),
    path("people/invite/", views.invite_person, name="people-invite"),
    path("people/invitations/<int:link_id>/withdraw", views.withdraw, name="people-withdraw"),
    path("people/<int:person_id>/", views.person, name="person"),
    path("people/<int:person_id>/role", views.change_role, name="person-role"),
    path("people/<int:person_id>/owner", views.change_owner, name="person-owner"),
    path("people/<int:person_id>/active", views.change_active, name="person-active"),
    path("departments/", departments.departments, name="departments"),
    path("departments/<int:department_id>/rename", departments.rename, name="department-rename"),
    path("departments/<int:department_id>/move", departments.move, name="department-move"),
    path("departments/<int:department_id>/open", departments.change_open, name="department-open"),
]
