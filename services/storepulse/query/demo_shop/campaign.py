"""The campaign that the shop's landing page belongs to."""

LANDING_PAGE = "aster-autumn"
CAMPAIGN = "autumn-mail"
