from greeting import greet


def application(environ, start_response):
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [greet("a wheel").encode()]
