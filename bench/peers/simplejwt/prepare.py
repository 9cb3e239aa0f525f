"""Makes the tables and a user, and prints so many pairs of tokens as JSON."""

import json
import os
import sys

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "settings")

import django  # noqa: E402

django.setup()

from django.contrib.auth import get_user_model  # noqa: E402
from django.core.management import call_command  # noqa: E402
from rest_framework_simplejwt.tokens import RefreshToken  # noqa: E402

call_command("migrate", verbosity=0)
user = get_user_model().objects.create_user("a", "a@example.com", "correct horse battery")
pairs = [RefreshToken.for_user(user) for _ in range(int(sys.argv[1]))]
print(json.dumps([{"access": str(pair.access_token), "refresh": str(pair)} for pair in pairs]))
