from django.urls import path
from rest_framework.response import Response
from rest_framework.views import APIView
from rest_framework_simplejwt import authentication, views


class Me(APIView):
    def get(self, request):
        user = request.user
        return Response({"id": str(user.pk), "username": user.username, "email": user.email})


class CurrentToken(APIView):
    authentication_classes = [authentication.JWTStatelessUserAuthentication]

    def get(self, request):
        return Response({"id": str(request.user.pk)})


urlpatterns = [
    path("token/", views.TokenObtainPairView.as_view()),
    path("refresh/", views.TokenRefreshView.as_view()),
    path("me/", Me.as_view()),
    path("current-token/", CurrentToken.as_view()),
]
