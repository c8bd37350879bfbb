"""What all scenarios share: where the emulator is, requests as a browser sends
them, and the report: a line for each scenario."""

import base64
import hashlib
import http.client
import os
import sys
import traceback
import urllib.parse

ADDRESS = os.environ["SDK_CHECK_ADDRESS"]
KEY_ID = os.environ["SDK_CHECK_KEY_ID"]
KEY_SECRET = os.environ["SDK_CHECK_KEY_SECRET"]
OURS = os.environ["SDK_CHECK_CLIENT"]  # begins the names of resources
REGION = "cn-hangzhou"
# Over TLS: the address without it, and the URL that moves the emulator's clock.
PLAIN = os.environ.get("SDK_CHECK_PLAIN", "")
CONTROL = os.environ.get("SDK_CHECK_CONTROL", "")
# Clients of OSS reach the emulator as their HTTP proxy, and so send the hosts
# of the cloud.
PROXY = "http://" + ADDRESS
ENDPOINT = "http://oss-cn-hangzhou.aliyuncs.com"

_failed = []


def scenario(name, run, *arguments):
    """Runs one scenario and prints its line."""
    try:
        run(*arguments)
    except Exception:  # a failed scenario does not end the others
        _failed.append(name)
        print(traceback.format_exc()[-3000:])
        print("FAILED " + name, flush=True)
    else:
        print("ok " + name, flush=True)


def done():
    """Ends the program; its status tells of failures."""
    sys.exit(1 if _failed else 0)


def equal(have, want, what="the value"):
    if have != want:
        raise AssertionError("%s is %r, and %r is due" % (what, have, want))


def refused(kind, call, code=None, status=None, code_of=None, status_of=None):
    """Calls and returns the error of that kind."""
    try:
        answer = call()
    except kind as error:
        if code is not None:
            equal(code_of(error), code, "the code of %r" % error)
        if status is not None:
            equal(status_of(error), status, "the status of %r" % error)
        return error
    raise AssertionError("there was an answer where %s is due: %r" % (code or kind, answer))


def md5(body):
    return base64.b64encode(hashlib.md5(body).digest()).decode()


def etag(body):
    return hashlib.md5(body).hexdigest().upper()


def browse(url, method="GET", headers=None, body=None):
    """Sends a request as a browser does, to the emulator, whatever host it names."""
    parts = urllib.parse.urlsplit(url)
    connection = http.client.HTTPConnection(ADDRESS, timeout=60)
    path = parts.path or "/"
    if parts.query:
        path += "?" + parts.query
    connection.request(method, path, body=body, headers=dict(headers or {}, Host=parts.netloc))
    response = connection.getresponse()
    text = response.read()
    connection.close()
    return response.status, response.headers, text


def preflights(url):
    """Asks what a page at another origin may send and read, where the rules
    admit GET and PUT from https://*.example.com, and HEAD from everywhere."""

    def ask(origin, method, headers=None):
        asked = {"Origin": origin, "Access-Control-Request-Method": method}
        if headers:
            asked["Access-Control-Request-Headers"] = headers
        return browse(url, "OPTIONS", asked)

    status, headers, _ = ask("https://www.example.com", "PUT", "x-oss-meta-a,Content-Type")
    equal((status, headers["Access-Control-Allow-Origin"], headers["Access-Control-Max-Age"]), (200, "https://www.example.com", "60"))
    assert "PUT" in headers["Access-Control-Allow-Methods"]
    assert "x-oss-meta-a" in headers["Access-Control-Allow-Headers"].lower()
    equal(ask("https://www.example.com", "DELETE")[0], 403, "another method")
    equal(ask("https://www.example.com", "PUT", "authorization")[0], 403, "another header")
    equal(ask("https://www.example.net", "GET")[0], 403, "another origin")
    equal(ask("https://www.example.net", "HEAD")[0], 200, "the second rule")
    status, headers, _ = browse(url, headers={"Origin": "https://www.example.com"})
    equal((status, headers["Access-Control-Allow-Origin"]), (200, "https://www.example.com"))
    assert "ETag" in headers["Access-Control-Expose-Headers"]
    status, headers, _ = browse(url, headers={"Origin": "https://www.example.net"})
    equal((status, headers["Access-Control-Allow-Origin"]), (200, None))
