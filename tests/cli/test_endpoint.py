"""Where DynamoDB and STS are: the same answer as botocore's rules for them
(facts A 5.7), and the settings that go before the rules."""

import subprocess

import botocore.session
import pytest
from botocore.endpoint_provider import EndpointProvider

from conftest import ROOT

FILTER = ROOT / "build/units/endpoint_filter"
REGIONS = ["us-east-1", "eu-central-1", "ap-southeast-7", "cn-north-1",
           "us-gov-west-1", "us-iso-east-1", "us-isob-east-1"]
# of partitions that Debian's botocore does not know, or knows in part
LATER = {
    ("eusc-de-east-1", False): "amazonaws.eu",
    ("eusc-de-east-1", True): "api.amazonwebservices.eu",
    ("eu-isoe-west-1", False): "cloud.adc-e.uk",
    ("eu-isoe-west-1", True): "api.cloud-aws.adc-e.uk",
    ("us-isof-south-1", False): "csp.hci.ic.gov",
    ("us-isof-south-1", True): "api.aws.hci.ic.gov",
    ("us-iso-east-1", True): "api.aws.ic.gov",
    ("us-isob-east-1", True): "api.aws.scloud",
}


@pytest.fixture
def ask(tmp_path):
    """ask(service, region, env, config) gives [URL, signing region], or a
    sentence."""
    assert FILTER.exists(), f"{FILTER}: build it first"

    def find(service, region, env=None, config=""):
        (tmp_path / ".aws").mkdir(exist_ok=True)
        (tmp_path / ".aws/config").write_text(config)
        done = subprocess.run(
            [FILTER, service, region], capture_output=True, text=True,
            env={"HOME": str(tmp_path), **(env or {})}, timeout=10)
        assert done.returncode in (0, 1), done.stderr
        return done.stdout.split() if done.returncode == 0 else \
            done.stdout.strip()
    return find


@pytest.mark.parametrize("dual", [False, True], ids=["", "dual-stack"])
@pytest.mark.parametrize("fips", [False, True], ids=["", "FIPS"])
@pytest.mark.parametrize("region", REGIONS)
@pytest.mark.parametrize("service", ["dynamodb", "sts"])
def test_the_rules_are_botocores(ask, service, region, fips, dual):
    loader = botocore.session.Session().get_component("data_loader")
    provider = EndpointProvider(
        loader.load_service_model(service, "endpoint-rule-set-1"),
        loader.load_data("partitions"))
    settings = {"Region": region, "UseFIPS": fips, "UseDualStack": dual}
    if service == "sts":
        settings["UseGlobalEndpoint"] = False
    env = {"AWS_USE_FIPS_ENDPOINT": str(fips).lower(),
           "AWS_USE_DUALSTACK_ENDPOINT": str(dual)}
    suffix = LATER.get((region, dual))
    if suffix:
        url = f"https://{service}{'-fips' * fips}.{region}.{suffix}"
    else:
        url = provider.resolve_endpoint(**settings).url
    assert ask(service, region, env) == [url, region]


@pytest.mark.parametrize("region, dual", LATER)
def test_partitions_that_came_later(ask, region, dual):
    assert ask("dynamodb", region,
               {"AWS_USE_DUALSTACK_ENDPOINT": str(dual)}) == [
        f"https://dynamodb.{region}.{LATER[region, dual]}", region]


def test_local_is_dynamodb_local_and_signs_as_botocore_does(ask):
    assert ask("dynamodb", "local") == ["http://localhost:8000", "us-east-1"]


def url(name):
    return f"https://{name}.test"


SERVICES = ("[default]\nservices = mine\n"
            f"endpoint_url = {url('profile')}\n[services mine]\n"
            f"sts =\n  endpoint_url = {url('sts-section')}\n"
            f"dynamodb = \n  x = y\n  endpoint_url = {url('section')}\n"
            f"[services other]\ndynamodb =\n  endpoint_url = {url('no')}\n")
ALL = {"AWS_ENDPOINT_URL_DYNAMODB": url("own"), "AWS_ENDPOINT_URL": url("any"),
       "AWS_ENDPOINT_URL_STS": url("sts")}
RULE = "https://dynamodb.eu-west-1.amazonaws.com"

# (environment, config, of DynamoDB, of STS)
ORDER = {
    "its own variable first": (ALL, SERVICES, url("own"), url("sts")),
    "then that of all services": (
        {"AWS_ENDPOINT_URL": url("any"), "AWS_ENDPOINT_URL_DYNAMODB": ""},
        SERVICES, url("any"), url("any")),
    "then the section": ({}, SERVICES, url("section"), url("sts-section")),
    "then the profile": ({}, f"[default]\nendpoint_url = {url('profile')}\n",
                         url("profile"), url("profile")),
    "of a profile that has a name": (
        {"AWS_PROFILE": "p"}, f"[default]\nendpoint_url = {url('no')}\n" +
        SERVICES.replace("[default]", "[profile p]"), url("section"),
        url("sts-section")),
    "a section that is not there": (
        {}, "[default]\nservices = gone\n", RULE, RULE.replace("dynamodb",
                                                               "sts")),
    "not if they are to be ignored": (
        {**ALL, "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS": "true"}, SERVICES,
        RULE, RULE.replace("dynamodb", "sts")),
    "not if the profile says so": (
        ALL, SERVICES.replace("services =", "ignore_configured_endpoint_urls "
                              "= TRUE\nservices ="), RULE,
        RULE.replace("dynamodb", "sts")),
}


@pytest.mark.parametrize("case", ORDER.values(), ids=ORDER.keys())
def test_who_goes_before_whom(ask, case):
    env, config, dynamodb, sts = case
    assert ask("dynamodb", "eu-west-1", env, config) == [dynamodb, "eu-west-1"]
    assert ask("sts", "eu-west-1", env, config) == [sts, "eu-west-1"]


WRONG = {
    "FIPS and a URL": (
        {"AWS_USE_FIPS_ENDPOINT": "true", "AWS_ENDPOINT_URL": url("x")}, "",
        "AWS_USE_FIPS_ENDPOINT is set, but the endpoint comes from "
        "AWS_ENDPOINT_URL: only one of them can be"),
    "dual-stack and a URL": (
        {}, "[default]\nuse_dualstack_endpoint = true\nendpoint_url = x\n",
        "AWS_USE_DUALSTACK_ENDPOINT is set, but the endpoint comes from the "
        "profile: only one of them can be"),
    "plain http": (
        {"AWS_ENDPOINT_URL": "http://10.0.0.1"}, "",
        'the endpoint "http://10.0.0.1" of AWS_ENDPOINT_URL: plain http is '
        "only for this machine itself (localhost); use https://"),
    "plain http to instance metadata": (
        {"AWS_ENDPOINT_URL": "http://169.254.169.254"}, "",
        'the endpoint "http://169.254.169.254" of AWS_ENDPOINT_URL: plain '
        "http is only for this machine itself (localhost); use https://"),
    "a secret in the wrong place": (
        {}, "[default]\nendpoint_url = hush\n",
        "the endpoint of the profile: it must begin with https://"),
    "too long": (
        {}, f"[default]\nendpoint_url = {url('x' * 600)}\n",
        "the endpoint of the profile: it is too long"),
}


@pytest.mark.parametrize("case", WRONG.values(), ids=WRONG.keys())
def test_what_cannot_be_is_told(ask, case):
    env, config, sentence = case
    assert ask("dynamodb", "eu-west-1", env, config) == sentence


def test_fips_of_dynamodb_local_cannot_be(ask):
    assert ask("dynamodb", "local", {"AWS_USE_FIPS_ENDPOINT": "true"}) == (
        "AWS_USE_FIPS_ENDPOINT is set, but the endpoint comes from the region "
        '"local": only one of them can be')
