from django.urls import path

from notifications.views import answering

app_name = "answer"

urlpatterns = [path("answer/<str:token>/", answering.page, name="page")]
