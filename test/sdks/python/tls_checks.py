"""alibabacloud_rds20140815, alibabacloud_ram20150501 and alibabacloud_oss_v2 over
TLS, and with the key of a session. The Tea packages trust the authority that
their configuration names, OSS the one of REQUESTS_CA_BUNDLE."""

import urllib.request

import alibabacloud_oss_v2 as oss
from alibabacloud_oss_v2 import models
import requests

import ram_life
import rds_life
from checks import ADDRESS, CONTROL, KEY_ID, KEY_SECRET, OURS, PLAIN, REGION, done, equal, refused as refused_as, scenario
from session import Session
from tea_checks import Caller, refused

def store(key_id=KEY_ID, secret=KEY_SECRET, token=None):
    config = oss.config.load_default()
    config.credentials_provider = oss.credentials.StaticCredentialsProvider(key_id, secret, token)
    config.region = REGION
    config.endpoint = "https://" + ADDRESS
    config.retry_max_attempts = 1
    return oss.Client(config)


def refused_store(code, status, **key):
    error = refused_as(oss.exceptions.OperationError, lambda: store(**key).list_buckets(models.ListBucketsRequest())).unwrap()
    equal((error.code, error.status_code), (code, status))


def plain_http():
    call = Caller(endpoint=PLAIN, protocol="HTTP")
    refused(lambda: call("ram", "ListUsers", {}), "InvalidProtocol.NeedSsl", 404)
    refused(lambda: call("sts", "GetCallerIdentity", {}), "InvalidProtocol.NeedSsl", 404)
    call("rds", "DescribeRegions", {})


def objects(**key):
    client, bucket, name = store(**key), OURS + "-tls", "a b/é"
    client.put_bucket(models.PutBucketRequest(bucket=bucket))
    client.put_object(models.PutObjectRequest(bucket=bucket, key=name, body=b"body"))
    equal(client.get_object(models.GetObjectRequest(bucket=bucket, key=name)).body.content, b"body")
    equal([o.key for o in client.list_objects_v2(models.ListObjectsV2Request(bucket=bucket)).contents], [name])
    answer = requests.get(client.presign(models.GetObjectRequest(bucket=bucket, key=name)).url, timeout=60)
    equal((answer.status_code, answer.content), (200, b"body"), "the presigned object")
    client.delete_object(models.DeleteObjectRequest(bucket=bucket, key=name))
    client.delete_bucket(models.DeleteBucketRequest(bucket=bucket))


class TlsSession(Session):
    def objects(self):
        objects(**self.key)
        refused_store("InvalidSecurityToken", 403, **dict(self.key, token=self.key["token"] + "x"))
        refused_store("InvalidAccessKeyId", 403, **dict(self.key, token=None))
        refused_store("SignatureDoesNotMatch", 403, **dict(self.key, secret="wrong"))

    def expired(self):
        """Moves the emulator's clock past the end of the session."""
        with urllib.request.urlopen(urllib.request.Request(CONTROL + "/advance?d=16m", method="POST")) as answer:
            equal(answer.status, 200)
        refused_store("SecurityTokenExpired", 403, **self.key)
        refused(lambda: Caller(**self.key)("sts", "GetCallerIdentity", {}), "InvalidSecurityToken.Expired", 400)


if __name__ == "__main__":
    scenario("plain-http", plain_http)
    for life in (ram_life.Life(Caller(), refused), rds_life.Life(Caller(), refused)):
        for name, step in life.scenarios():
            scenario(name, step)
    session = TlsSession()
    scenario("oss", objects)
    scenario("session", session.assume)
    scenario("oss-session", session.objects)
    scenario("expired", session.expired)
    scenario("session-end", session.end)
    done()
