"""Every address of the product."""

from __future__ import annotations

from django.urls import include, path

handler400 = "mingbai.kernel.errors.bad_input"
handler404 = "mingbai.kernel.errors.missing"
handler500 = "mingbai.kernel.errors.broken"

urlpatterns = [
    path("", include("mingbai.portal.urls")),
    path("", include("mingbai.accounts.urls")),
    path("", include("mingbai.notices.urls")),
    path("", include("mingbai.cases.urls")),
    path("capture/", include("mingbai.capture.urls")),
    path("clues/", include("mingbai.clues.urls")),
]
