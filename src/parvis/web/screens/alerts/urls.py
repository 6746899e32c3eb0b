from django.urls import path

from parvis.web.screens.alerts import acts, rules, views

urlpatterns = [
    path("listen/alerts/", views.index, name="alerts"),
    path("listen/alerts/<int:key>/", views.episode, name="alert"),
    path("listen/alerts/<int:key>/acknowledge/", acts.acknowledge_one, name="alert-acknowledge"),
    path("listen/alerts/<int:key>/judge/", acts.judge_one, name="alert-judge"),
    path("listen/alerts/<int:key>/escalate/", acts.escalate_one, name="alert-escalate"),
    path("listen/<int:key>/alerts/", rules.index, name="alert-rules"),
    path("listen/<int:key>/alerts/new/", rules.new, name="alert-rule-new"),
    path("listen/<int:key>/alerts/preview/", rules.preview, name="alert-rule-preview"),
    path("listen/rules/<int:key>/", rules.change, name="alert-rule"),
    path("listen/rules/<int:key>/switch/", rules.switch, name="alert-rule-switch"),
    path("listen/rules/<int:key>/mute/", rules.mute, name="alert-rule-mute"),
    path("listen/rules/<int:key>/remove/", rules.remove, name="alert-rule-remove"),
]
