import os

SECRET_KEY = os.environ.get("SECRET_KEY", "set SECRET_KEY with nagi config set")
ALLOWED_HOSTS = ["*"]
ROOT_URLCONF = "hello.urls"
INSTALLED_APPS = ["django.contrib.staticfiles"]
STATIC_URL = "static/"
STATIC_ROOT = "static"
