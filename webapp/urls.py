from django.contrib import admin
from django.urls import include, path

from webapp import health

urlpatterns = [
    path("readyz", health.readyz, name="readyz"),
    path("metrics", health.metrics, name="metrics"),
    path("accounts/", include("conversations.account_urls")),
    path("accounts/", include("allauth.account.urls")),
    path("admin/", admin.site.urls),
    path("", include("conversations.urls")),
]

handler500 = "conversations.views.errors.server_error"
