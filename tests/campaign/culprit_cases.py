"""Leaks that mosquitto, libmosquitto and Paho C really had, and the commits that repaired them.

`repaired` is the function that the commit changes and that a reader must find; `row` is what the first row is called where
that cannot be the same, and `why` says why. `leaky` is the parent of the repair unless it says otherwise.
"""
import dataclasses

import culprit_loads as loads
from culprit_runs import Broker, Client

MOSQUITTO, LIBMOSQUITTO, PAHO = "mosquitto", "libmosquitto", "paho"


@dataclasses.dataclass(frozen=True)
class Case:
    product: str
    repair: str
    lost: str       # what, and when
    repaired: str
    how: str        # what drives it
    start: callable  # (scratch, build): what is measured, with .pid and .load(rounds)
    rounds: int = 200
    leaky: str = ""
    by: str = "inuse_space"
    tls: bool = False
    stripped: bool = False
    row: str = ""
    why: str = ""


class _Loaded:
    def __init__(self, broker, load):
        self.pid, self._broker, self._load = broker.pid, broker, load

    def load(self, rounds):
        self._load(self._broker, rounds)


def _broker(load, *config, tls=False):
    return lambda scratch, build: _Loaded(Broker(scratch, build, config, tls), load)


def _mosquitto_client(source, tls=False):
    """A client of that version's library, and a broker of this machine."""
    def start(scratch, build):
        server = Broker(scratch, None, tls=tls, recorded=False)
        return Client(scratch, build, source, ["libmosquitto.so.1"], [str(server.port), str(scratch.certificates)])
    return start


def _paho_client(source, *arguments, library="c", prefix=(), config=()):
    def start(scratch, build):
        words = dict(folder=scratch.folder)
        if any("{port}" in word for word in arguments):
            words["port"] = Broker(scratch, None, config, recorded=False).port
        return Client(scratch, build, source, [f"libpaho-mqtt3{library}.so.1"], [word.format(**words) for word in arguments],
                      prefix=[word.format(**words) for word in prefix])
    return start


KNOWN = "use_identity_as_username true"
CASES = [
    Case(MOSQUITTO, "20feb103", "topic filter of a malformed SUBSCRIBE", "handle__subscribe", "raw packets, MQTT 5",
         _broker(loads.malformed_subscribe)),
    Case(MOSQUITTO, "94d04136", "topic of a PUBLISH with malformed properties", "handle__publish", "raw packets, MQTT 5",
         _broker(loads.malformed_publish)),
    Case(MOSQUITTO, "8097ec24", "topic of a PUBLISH with a foreign topic alias", "handle__publish", "raw packets, MQTT 5",
         _broker(loads.foreign_alias)),
    Case(MOSQUITTO, "4ca83c17", "properties of a PUBLISH that are taken out of the list", "handle__publish",
         "raw packets, MQTT 5", _broker(loads.publish_properties)),
    Case(MOSQUITTO, "c1b009e4", "QoS 2 messages beyond the queue", "handle__publish", "raw packets",
         _broker(loads.full_queue, "max_queued_messages 5", "max_inflight_messages 5")),
    Case(MOSQUITTO, "11ece604", "reason codes, one array per topic of an UNSUBSCRIBE (49bf7888 repairs it and does not "
         "compile; this is the merge of it that does)", "handle__unsubscribe",
         "raw packets, MQTT 5", _broker(loads.many_topics), leaky="0f705256"),
    Case(MOSQUITTO, "9d95cba9", "second subscription to the same filter", "sub__add_normal", "raw packets",
         _broker(loads.subscribe_again)),
    Case(MOSQUITTO, "cb56a75b", "levels of the topic tree that nobody subscribes to any more", "sub__add_hier_entry",
         "raw packets", _broker(loads.subscribe_and_leave)),
    Case(MOSQUITTO, "ab7f212b", "the same, three years earlier", "_sub_add", "raw packets",
         _broker(loads.subscribe_and_leave)),
    Case(MOSQUITTO, "4a19d9ae", "first level of a topic that begins with a slash", "_sub_topic_tokenise", "raw packets",
         _broker(loads.leading_slash)),
    Case(MOSQUITTO, "53c71b2a", "name and password of a client that is known by its certificate", "mqtt3_handle_connect",
         "TLS with client certificates", _broker(loads.identity_and_password, KNOWN, "require_certificate true", tls=True), tls=True, rounds=60),
    Case(MOSQUITTO, "779c6cc2", "names of such clients when the configuration is read again",
         "mosquitto_security_apply_default", "ten TLS clients, SIGHUP",
         _broker(loads.reload_with_identities, KNOWN, "require_certificate true", tls=True), tls=True, rounds=50),
    Case(MOSQUITTO, "7a3b69f2", "what a client with unknown extended authentication brought", "handle__connect",
         "raw packets, MQTT 5", _broker(loads.unknown_authentication), row="context__init",
         why="lost is the whole session; `handle__connect` made the smaller part of it, and is the second row"),
    Case(LIBMOSQUITTO, "4253eca8", "properties that CONNECT gets beside the caller's", "send__connect",
         "client program, stock broker", _mosquitto_client("connect_v5.c")),
    Case(LIBMOSQUITTO, "9018f12d", "options of TLS set twice", "mosquitto_tls_opts_set", "client program",
         _mosquitto_client("tls_opts.c"), tls=True),
    Case(LIBMOSQUITTO, "0a9ee5b4", "TLS session of a handshake that failed", "net__socket_connect_step3",
         "client program, listener without TLS", _mosquitto_client("tls_fails.c"), tls=True, rounds=50,
         row="net__socket_connect_tls", why="lost is the session with what OpenSSL keeps in it; the handshake, which the repaired "
         "function has done by `net__socket_connect_tls`, makes more of it than `SSL_new`"),
    Case(LIBMOSQUITTO, "79cc06b1", "alternative names of a server's certificate", "_mosquitto_verify_certificate_hostname",
         "client program, stock broker with TLS", _mosquitto_client("tls_verifies.c", tls=True), tls=True, rounds=50),
    Case(LIBMOSQUITTO, "c02cdbef", "pair of sockets of each connection", "_mosquitto_connect_init",
         "client program, stock broker", _mosquitto_client("connect_again.c"), by="fds", row="Round",
         why="descriptors and threads of a client library count for who calls the library; `Round` is the client program's"),
    Case(PAHO, "848411d", "topic and payload of the last will", "MQTTAsync_connect", "client program, stock broker",
         _paho_client("paho_will.c", "{port}", library="a"), rounds=60),
    Case(PAHO, "0cc98ab", "name of the folder that keeps messages", "MQTTPersistence_create", "client program",
         _paho_client("paho_persistence.c", "{folder}")),
    Case(PAHO, "af53c72", "addresses of a host that has IPv6 first", "Socket_new", "client program, stock broker",
         _paho_client("paho_connects.c", "tcp://two-addresses.test:{port}", "succeeds",
                      prefix=["unshare", "-m", "sh", "-c", "printf '::1 two-addresses.test\\n127.0.0.1 two-addresses.test\\n' > "
                              "{folder}/hosts && mount --bind {folder}/hosts /etc/hosts && exec \"$@\"", "sh"]), rounds=100),
    Case(PAHO, "848411d", "the same, of a library without names", "MQTTAsync_connect", "client program, stock broker",
         _paho_client("paho_will.c", "{port}", library="a"), rounds=60, stripped=True),
    Case(LIBMOSQUITTO, "9018f12d", "options of TLS, of a library without names", "mosquitto_tls_opts_set", "client program",
         _mosquitto_client("tls_opts.c"), tls=True, stripped=True),
    Case(LIBMOSQUITTO, "0d1837eb^", "threads that ended and that `mosquitto_loop_stop` does not join any more; the version after "
         "this one is the leaky one, and no commit repairs it", "mosquitto__thread_main", "client program, stock broker",
         _mosquitto_client("loop_thread.c"), leaky="0d1837eb", by="threads", rounds=50, row="Round", why="as above"),
    Case(PAHO, "7679314", "sockets of connections that failed at once", "Socket_new", "client program",
         _paho_client("paho_connects.c", "tcp://255.255.255.255:1", "fails"), by="fds", rounds=50, row="Round",
         why="as above"),
    Case(MOSQUITTO, "c06599fa", "levels of the tree of retained messages", "retain__store", "raw packets",
         _broker(loads.retain_and_clear), tls=True, row="retain__add_hier_entry", why="the repair clears away, in the caller, what "
         "this made and linked in"),
    Case(MOSQUITTO, "4392320b", "names of shared subscriptions", "sub__remove_shared_leaf", "raw packets, MQTT 5",
         _broker(loads.shared_subscriptions), row="sub__add_shared", why="the repair drops it where the last one leaves"),
    Case(MOSQUITTO, "d3247a83", "sessions of clients that were not let in", "handle__connect", "raw packets, MQTT 5",
         _broker(loads.refused_session, "allow_anonymous false"), row="context__init", why="the session is made when the connection is "
         "accepted"),
    Case(MOSQUITTO, "00b24e0e", "properties of a will with one that is not allowed", "property__process_will",
         "raw packets, MQTT 5", _broker(loads.will_with_foreign_property), row="will__read", why="it has the properties read, and "
         "hands them on"),
    Case(MOSQUITTO, "42163634", "sessions of clients with a delayed will that were not let in", "handle__connect",
         "raw packets, MQTT 5", _broker(loads.refused_will, "allow_anonymous false"), row="context__init", why="the session is made "
         "when the connection is accepted. The row after the repair is the leak of the next line, which this repair made"),
    Case(MOSQUITTO, "3c518160", "wills of clients that were not let in", "handle__connect", "raw packets, MQTT 5",
         _broker(loads.refused_will, "allow_anonymous false"), row="will__read", why="it makes the will, and the one who called it "
         "does not drop it"),
    Case(PAHO, "b48c73f", "answer of a broker that does not let a client in", "MQTTAsync_receiveThread",
         "client program, stock broker", _paho_client("paho_refused.c", "{port}", library="a", config=["allow_anonymous false"]),
         rounds=60, row="MQTTPacket_connack", why="it makes what the receiving thread does not drop"),
]

NOT_DRIVEN = [
    (MOSQUITTO, "5f57de21", "`plugin__handle_message`", "needs a plugin that replaces topics; lost is the topic that "
     "`handle__publish` made"),
    (MOSQUITTO, "3c48b501", "`plugin__handle_message`", "likewise, of payloads and properties"),
    (MOSQUITTO, "e56b953a", "`queue_plugin_msgs`", "needs a plugin that publishes; `mosquitto_broker_publish` made what is lost"),
    (MOSQUITTO, "618413e1", "`persist__restore`", "one file is left open by a broker that then ends"),
    (MOSQUITTO, "51ec5601", "`handle__connect`", "the version before it frees the name of the protocol on all paths, too: what it "
     "bounds is how much a client can make the broker ask for"),
    (MOSQUITTO, "8024a30d", "`callback_mqtt`", "needs a libwebsockets of its time"),
    (PAHO, "87bf197", "`MQTTAsync_addCommand`", "needs attempts to connect that hang; lost are the commands that "
     "`MQTTAsync_connect` made"),
    (PAHO, "cda4cb6", "`MQTTResponse_free`", "lost are the reason codes that `MQTTClient_subscribeMany5` made"),
    (PAHO, "5bf0e00", "`Socket_abortWrite`", "lost is the packet that `SSLSocket_putdatas` had kept"),
]
