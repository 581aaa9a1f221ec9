"""The person at the browser: opens the authorization page, signs in, agrees, and is sent back to the client."""

from html.parser import HTMLParser
from urllib.parse import parse_qs, urljoin, urlsplit

import httpx

# For clients that listen nowhere: the person reads the answer off the redirect that leads here.
REDIRECT_URI = "http://127.0.0.1:33418/callback"


class Form(HTMLParser):
    """The one form of a page."""

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
        """Gives the URL that the browser is sent back to."""
        (redirect_uri,) = parse_qs(urlsplit(url).query)["redirect_uri"]
        with httpx.Client() as browser:
            response = browser.get(url)
            for _ in range(6):
                location = response.headers.get("location", "")
                if location.startswith(f"{redirect_uri}?"):
                    return location
                if location:
                    response = browser.get(urljoin(str(response.url), location))
                    continue
                form = Form(response)
                asked = "password" in form.inputs
                if not asked and client_name not in response.text:
                    raise ValueError(f"the question does not name {client_name}: {response.text}")
                answers = self.answers if asked else {"decision": "allow"}
                response = browser.post(form.action, data=form.fields | answers)
        raise ValueError("there is no end to the pages")
