"""The container files agree with the clone: versions, ports, settings, metrics.

No engine is needed: what is checked here is what a person would get wrong while editing.
"""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
import yaml

from storepulse.adapters.metrics import REGISTRY
from storepulse.adapters.postgres.roles import ROLES
from storepulse.adapters.settings import Settings, load
from storepulse.local import kafka_jars
from storepulse.local.broker import ABOVE_EVENT_LIMIT
from storepulse.local.database_passwords import role_of
from storepulse.query.gateway_watch import addresses_of

ROOT = Path(__file__).parents[3]
COMPOSE = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
SERVICES = COMPOSE["services"]
DASHBOARDS = sorted((ROOT / "deploy" / "grafana" / "dashboards").glob("*.json"))


def test_every_port_is_bound_on_loopback() -> None:
    published = [port for service in SERVICES.values() for port in service.get("ports", [])]
    assert len(published) >= 7
    assert all(re.fullmatch(r"127\.0\.0\.1:\d+:\d+", port) for port in published)
    assert len({port.split(":")[1] for port in published}) == len(published)


def test_every_image_is_pinned_and_kafka_is_the_embedded_one() -> None:
    images = {name: service["image"] for name, service in SERVICES.items()}
    assert images["kafka"] == f"apache/kafka:{kafka_jars.version()}"
    for image in images.values():
        tag = image.rsplit(":", 1)[1]
        assert tag == "local" or re.match(r"v?\d+\.\d+", tag), image


def test_every_lasting_service_has_a_health_check() -> None:
    assert [name for name, service in SERVICES.items() if "healthcheck" not in service] == [
        "prepare",
        "operator",
    ]


def test_profiles_hold_only_what_the_pipeline_can_do_without() -> None:
    by_profile = {name: service.get("profiles") for name, service in SERVICES.items()}
    assert {name for name, profiles in by_profile.items() if profiles is None} == {
        "kafka",
        "postgres",
        "prepare",
        "gateway",
        "agents",
        "delivery",
        "query",
    }
    assert by_profile["prometheus"] == by_profile["grafana"] == ["observability"]
    assert by_profile["kafka-ui"] == ["tools"]


@pytest.mark.parametrize("name", ["gateway", "agents", "delivery", "query", "operator"])
def test_each_service_has_the_account_of_its_own_role(name: str) -> None:
    given = SERVICES[name]["environment"]
    variable = f"{name.upper()}_DATABASE_PASSWORD"
    assert role_of(given["DATABASE_URL"]) == ROLES[name]
    assert f"${{{variable}:-" in given["DATABASE_URL"]
    assert variable in SERVICES["prepare"]["environment"]
    of_kafka = {"STOREPULSE_KAFKA_SASL_PASSWORD"}
    assert not [key for key in given if key.endswith("_PASSWORD") and key not in of_kafka]


@pytest.mark.parametrize("name", ["prepare", "gateway", "agents", "delivery", "query"])
def test_the_services_settings_are_settings(name: str) -> None:
    settings = load({key: str(value) for key, value in SERVICES[name]["environment"].items()})
    assert settings.kafka_bootstrap_servers == "kafka:9092"
    assert settings.kafka_sasl_username == ("admin" if name == "prepare" else name)


@pytest.mark.parametrize("name", ["gateway", "agents", "delivery", "query", "operator"])
def test_no_container_lets_destinations_reach_its_own_loopback(name: str) -> None:
    given = {key: str(value) for key, value in SERVICES[name]["environment"].items()}
    assert load(given).delivery_reach == "public"
    # What a service is told of itself is enough; commands listen nowhere.
    if name != "operator":
        del given["STOREPULSE_DELIVERY_ADDRESSES"]
        assert load(given).delivery_reach == "public"


def test_nobody_reaches_the_containers_broker_without_a_password() -> None:
    given = SERVICES["kafka"]["environment"]
    protocols = given["KAFKA_LISTENER_SECURITY_PROTOCOL_MAP"].split(",")
    assert {protocol.split(":")[1] for protocol in protocols} == {"SASL_PLAINTEXT"}
    for listener in ("CONTROLLER", "BROKER", "HOST"):
        module = given[f"KAFKA_LISTENER_NAME_{listener}_PLAIN_SASL_JAAS_CONFIG"]
        assert module.startswith("org.apache.kafka.common.security.plain.PlainLoginModule required")


def test_dependencies_exist() -> None:
    for service in SERVICES.values():
        assert set(service.get("depends_on", {})) <= set(SERVICES)
        for volume in service.get("volumes", []):
            source = volume.split(":")[0]
            assert source in COMPOSE["volumes"] or (ROOT / source).exists(), source


def test_the_containers_broker_is_configured_like_the_embedded_one() -> None:
    given = SERVICES["kafka"]["environment"]
    assert (
        given["KAFKA_MESSAGE_MAX_BYTES"] == Settings().gateway_max_event_bytes + ABOVE_EVENT_LIMIT
    )
    embedded = dict(
        line.split("=", 1)
        for line in (kafka_jars.FOLDER / "server.properties").read_text().splitlines()
        if line and not line.startswith("#")
    )
    for name in (
        "auto.create.topics.enable",
        "group.initial.rebalance.delay.ms",
        "group.min.session.timeout.ms",
        "offsets.topic.replication.factor",
        "transaction.state.log.replication.factor",
        "transaction.state.log.min.isr",
        "sasl.mechanism.inter.broker.protocol",
        "sasl.mechanism.controller.protocol",
        "authorizer.class.name",
        "allow.everyone.if.no.acl.found",
    ):
        assert str(given["KAFKA_" + name.upper().replace(".", "_")]) == embedded[name]


def test_prometheus_sends_the_key_that_is_made_for_it() -> None:
    configured = yaml.safe_load((ROOT / "deploy" / "prometheus" / "prometheus.yml").read_text())
    jobs = {job["job_name"]: job for job in configured["scrape_configs"]}
    prepared = (ROOT / "deploy" / "docker" / "prepare.py").read_text()
    for name in ("gateway", "query"):
        file = jobs[name]["authorization"]["credentials_file"]
        assert f'"{file}"' in prepared
    volume, place = "metrics-key", "/metrics-key"
    assert f"{volume}:{place}:ro" in SERVICES["prometheus"]["volumes"]
    assert f"{volume}:{place}" in SERVICES["prepare"]["volumes"]
    assert place in (ROOT / "deploy" / "docker" / "Dockerfile").read_text()


def test_the_query_service_reads_the_gateways_metrics_with_no_more_than_it_needs() -> None:
    service = SERVICES["query"]
    settings = load({key: str(value) for key, value in service["environment"].items()})
    gateway = load({key: str(value) for key, value in SERVICES["gateway"]["environment"].items()})
    assert addresses_of(settings) == [f"http://gateway:{gateway.gateway_port}"]
    file = str(settings.query_gateways_key_file)
    assert "metrics-key:/metrics-key:ro" in service["volumes"]
    prepared = (ROOT / "deploy" / "docker" / "prepare.py").read_text()
    assert f'ensure_key(settings, Path("{file}"), ["read"]' in prepared


def test_the_image_copies_only_what_exists() -> None:
    text = (ROOT / "deploy" / "docker" / "Dockerfile").read_text()
    copied = [
        line.split()[1:-1] for line in text.splitlines() if re.match(r"COPY (?!--from)", line)
    ]
    assert copied
    for source in (name for names in copied for name in names):
        assert source == "README.md" or (ROOT / source).exists(), source


@pytest.mark.parametrize("path", DASHBOARDS, ids=lambda path: path.name)
def test_dashboards_ask_for_metrics_that_exist(path: Path) -> None:
    known = {
        name
        for family in REGISTRY.collect()
        for suffix in ("", "_total", "_bucket", "_sum", "_count")
        for name in [family.name + suffix]
    }
    asked = set(re.findall(r"storepulse_[a-z_]+", json.dumps(json.loads(path.read_text()))))
    assert asked
    assert asked <= known
