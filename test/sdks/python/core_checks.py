"""aliyun-python-sdk-rds, -ram, -sts and -vpc, with answers in JSON and in XML."""

import importlib
import json
import re
import warnings
import xml.etree.ElementTree

from aliyunsdkcore.acs_exception.exceptions import ServerException
from aliyunsdkcore.client import AcsClient

import ram_life
import rds_life
from checks import ADDRESS, KEY_ID, KEY_SECRET, REGION, done, equal, refused as refused_as, scenario

HOST, PORT = ADDRESS.split(":")
MODULES = {"rds": "aliyunsdkrds.request.v20140815", "ram": "aliyunsdkram.request.v20150501",
           "sts": "aliyunsdksts.request.v20150401", "vpc": "aliyunsdkvpc.request.v20160428"}
# The items of lists: each is a child of the list's outer element.
LISTS = re.compile(r"^(RDSRegion|AvailableZone|DBInstance|DBInstanceAttribute|DBInstanceNetInfo|DBInstanceAccount|DatabasePrivilege|Database|AccountPrivilegeInfo"
                   r"|DBInstanceIPArray|TagResource|DBInstanceParameter|AccessKey|Policy|PolicyVersion|User|Vpc|VSwitchId|VSwitch)$")


def connect(secret=KEY_SECRET, key_id=KEY_ID):
    return AcsClient(key_id, secret, REGION, port=int(PORT), auto_retry=False)


def members(element):
    """An XML answer in the form of JSON: the element of an empty list is there,
    without items."""
    children = list(element)
    if not children:
        return element.text or ""
    answer = {}
    for child in children:
        value = members(child)
        if LISTS.match(child.tag) and plural(element.tag):
            answer.setdefault(child.tag, []).append(value)
        else:
            answer[child.tag] = value
    return answer


def plural(tag):
    return tag.endswith("s") or tag.endswith("es")


class Empty(dict):
    """A list that has no items: XML has its outer element alone."""

    def __missing__(self, name):
        return []


def filled(value):
    if isinstance(value, dict):
        return {name: Empty() if plural(name) and inner == "" and name[0].isupper() else filled(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [filled(inner) for inner in value]
    return value


class Caller:
    def __init__(self, form):
        self.form, self.client = form, connect()

    def __call__(self, product, action, parameters):
        request = getattr(importlib.import_module("%s.%sRequest" % (MODULES[product], action)), action + "Request")()
        request.set_endpoint(HOST)
        request.set_protocol_type("http")
        request.set_accept_format(self.form)
        for name, value in parameters.items():
            setter = getattr(request, "set_" + name, None)
            if setter:
                setter(value)
            else:  # newer than the package
                request.add_query_param(name, str(value).lower() if isinstance(value, bool) else value)
        if self.form == "JSON":
            return json.loads(self.client.do_action_with_exception(request))
        status, _, answer = self.client.get_response(request)
        root = xml.etree.ElementTree.fromstring(answer)
        if root.tag == "Error":
            raise ServerException(root.findtext("Code"), root.findtext("Message"), status, root.findtext("RequestId"))
        equal(root.tag, action + "Response", "the outer element")
        return filled(members(root))


def refused(call, code, status):
    return refused_as(ServerException, call, code, status, lambda e: e.get_error_code(), lambda e: e.get_http_status())


def wrong_keys(caller):
    caller.client = connect(secret="wrong")
    # The client says so where the server's string to sign is its own.
    code = "InvalidAccessKeySecret" if caller.form == "JSON" else "SignatureDoesNotMatch"
    assert refused(lambda: caller("rds", "DescribeRegions", {}), code, 400).get_request_id()
    caller.client = connect(key_id="LTAInobody")
    refused(lambda: caller("ram", "ListUsers", {}), "InvalidAccessKeyId.NotFound", 404)


if __name__ == "__main__":
    warnings.simplefilter("ignore", DeprecationWarning)  # the client's way to answers in XML
    for form in ("JSON", "XML"):
        call = Caller(form)
        for life in (ram_life.Life(call, refused, "-" + form), rds_life.Life(call, refused, "-" + form)):
            for name, step in life.scenarios():
                scenario("%s/%s" % (form, name), step)
        scenario("%s/wrong-keys" % form, wrong_keys, Caller(form))
    done()
