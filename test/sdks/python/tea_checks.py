"""alibabacloud_rds20140815 and alibabacloud_ram20150501: signatures of version 3."""

import os

from alibabacloud_ram20150501 import models as ram_models
from alibabacloud_ram20150501.client import Client as RamClient
from alibabacloud_rds20140815 import models as rds_models
from alibabacloud_rds20140815.client import Client as RdsClient
from alibabacloud_tea_openapi.client import Client as OpenApiClient
from alibabacloud_tea_openapi import models as open_api

import ram_life
import rds_life
from checks import ADDRESS, KEY_ID, KEY_SECRET, PLAIN, REGION, done, equal, refused as refused_as, scenario

GENERIC = {"sts": "2015-04-01", "vpc": "2016-04-28"}


def config(key_id=KEY_ID, secret=KEY_SECRET, token=None, endpoint=ADDRESS, protocol="HTTPS" if PLAIN else "HTTP"):
    return open_api.Config(access_key_id=key_id, access_key_secret=secret, security_token=token, endpoint=endpoint, protocol=protocol, region_id=REGION,
                           ca=os.environ.get("SDK_CHECK_CA"))


class Caller:
    def __init__(self, **keys):
        self.config = config(**keys)
        self.clients = {"rds": (RdsClient(self.config), rds_models), "ram": (RamClient(self.config), ram_models)}

    def __call__(self, product, action, parameters):
        if product in GENERIC:
            return self.generic(GENERIC[product], action, parameters)
        client, models = self.clients[product]
        renamed = {"ResourceIds": "ResourceId", "TagKeys": "TagKey", "Tags": "Tag"} if action in ("TagResources", "UntagResources", "ListTagResources") else {}
        request = getattr(models, action + "Request")().from_map({renamed.get(name, name): value for name, value in parameters.items()})
        by_name = {name.replace("_", ""): name for name in dir(client)}
        return getattr(client, by_name[action.lower()])(request).body.to_map()

    def generic(self, version, action, parameters):
        """A call without a package, as the quick start of the runtime does it."""
        params = open_api.Params(action=action, version=version, protocol=self.config.protocol, method="POST", auth_type="AK", style="RPC", pathname="/",
                                 req_body_type="json", body_type="json")
        request = open_api.OpenApiRequest(query={name: str(value).lower() if isinstance(value, bool) else str(value) for name, value in parameters.items()})
        from darabonba.runtime import RuntimeOptions
        return OpenApiClient(self.config).call_api(params, request, RuntimeOptions())["body"]


def code(error):
    return error.code


def status(error):
    return getattr(error, "status_code", None) or (getattr(error, "data", None) or {}).get("statusCode")


def refused(call, wanted_code, wanted_status):
    return refused_as(Exception, call, wanted_code, wanted_status, code, status)


def wrong_keys():
    refused(lambda: Caller(secret="wrong")("rds", "DescribeRegions", {}), "SignatureDoesNotMatch", 400)
    refused(lambda: Caller(key_id="LTAInobody")("ram", "ListUsers", {}), "InvalidAccessKeyId.NotFound", 404)


if __name__ == "__main__":
    call = Caller()
    for life in (ram_life.Life(call, refused), rds_life.Life(call, refused)):
        for name, step in life.scenarios():
            scenario(name, step)
    scenario("wrong-keys", wrong_keys)
    done()
