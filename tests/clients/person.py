"""The user with a browser: opens the authorization page, signs in, allows, and is redirected to the client."""

from html.parser import HTMLParser
from urllib.parse import parse_qs, urljoin, urlsplit

try:
    import httpx2 as httpx
except ImportError:
    import httpx

# For clients that do not listen: the test user reads the answer from the redirect to this URI.
REDIRECT_URI = "http://127.0.0.1:33418/callback"


class Form(HTMLParser):
    """The only form of a page."""

    def __init__(self, response):
        super().__init__()
        self.action, self.fields, self.inputs = str(response.url), {}, set()
        self.feed(response.text)

    def handle_starttag(self, tag, attributes):
        attributes = dict(attributes)
        if tag == "form":
            self.action = urljoin(self.action, attributes.get("action"))
        elif tag == "input" and attributes.get("type") == "hidden":
            self.fields[attributes["name"]] = attributes.get("value")
        elif tag == "input":
            self.inputs.add(attributes.get("name"))


class Person:
    def __init__(self, username, password):
        self.answers = {"username": username, "password": password}

    def visit(self, url, client_name):
        """Returns the URL to which the browser is sent."""
        (redirect_uri,) = parse_qs(urlsplit(url).query)["redirect_uri"]
        with httpx.Client() as browser:
            response = browser.get(url)
            for _ in range(6):
                # Forms are answered with a page that the browser leaves by itself.
                location = response.headers.get("location") or response.headers.get("refresh", "").removeprefix("0;url=")
                if location.startswith(f"{redirect_uri}?"):
                    return location
                if location:
                    response = browser.get(urljoin(str(response.url), location))
                    continue
                form = Form(response)
                asked = "password" in form.inputs
                if not asked and client_name not in response.text:
                    raise ValueError(f"the consent page does not name {client_name}: {response.text}")
                answers = self.answers if asked else {"decision": "allow"}
                response = browser.post(form.action, data=form.fields | answers)
        raise ValueError("too many pages without a redirect to the client")
