from django.urls import path

from notifications import mail_views

app_name = "mail"

urlpatterns = [
    path("mail/", mail_views.page, name="page"),
    path("mail/stop/<str:token>/", mail_views.unsubscribe, name="unsubscribe"),
    path("mail/bounces/", mail_views.bounced, name="bounced"),
]
