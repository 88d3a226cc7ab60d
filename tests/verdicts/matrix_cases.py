"""The table of planted cases: what is done, which function does it, which verdicts on it are right, and why.

A verdict is a set only where two are both right. "none" stands for no row at all: what does not grow need not be judged.
"""
import dataclasses

from harness.case import function_name

LEAK = {"leak"}
GONE = {"leak", "lost"}  # nothing points to it, which only a look at the running process tells: then it is lost
BACKLOG = {"backlog"}
FILLED = {"cache", "warm-up"}
BOUNDED = {"cache", "warm-up", "churn", "none"}
FLAT = {"churn", "cache", "none"}
PASSES = {"backlog", "churn", "cache", "none"}  # state that has gone down again
ALLOCATOR = {"allocator", "churn", "cache", "none"}

# How the planted function's live figure runs over the rounds, which matrix_shapes.py holds every case to.
STEADY, SETTLES, SHRINKS, VARIES = "grows each time", "settles", "shrinks", "goes up and down"
DOUBLES = "grows by leaps"


@dataclasses.dataclass(frozen=True)
class Planted:
    function: str  # "": the whole program, since it is not ours
    verdicts: frozenset
    shape: str
    by: str = "inuse_space"

    def is_leak(self):
        return self.verdicts <= GONE

    def is_of(self, row):
        """Whether a row is about this. A program without names goes by the caller that has one."""
        return not self.function or self.function in (function_name(row["function"]), row.get("caller"))


@dataclasses.dataclass(frozen=True)
class Case:
    name: str
    program: str  # a case of verdict_service, or "mosquitto"
    parts: tuple
    planted: tuple
    why: str

    def is_leak(self):
        return any(planted.is_leak() for planted in self.planted)


def _case(name, function, verdicts, shape, why, *parts, program="", by="inuse_space", also=()):
    planted = (Planted(function, frozenset(verdicts), shape, by), *also)
    return Case(name, program or name, parts, planted, why)


def _also(function, verdicts, shape, by="inuse_space"):
    return Planted(function, frozenset(verdicts), shape, by)


LEAKS = (
    _case("lost_block", "LoseBlockPerMessage", GONE, STEADY, "nothing points to the block of the message before"),
    _case("held_list", "AppendToAuditList", LEAK, STEADY, "a list of all messages that nobody reads"),
    _case("unbounded_cache", "RememberMessageId", LEAK, STEADY, "its keys never come again, and it has no bound"),
    _case("closure_cycle", "MakeSessionThatOwnsItself", GONE, STEADY, "a session and its closure hold each other"),
    _case("subscription_per_reconnect", "AddSubscriptionAgain", LEAK, STEADY,
          "five clients subscribe to the same again, and each time is kept", "returning_clients"),
    _case("per_packet", "KeepPacketTrace", LEAK, STEADY, "something is kept of every packet"),
    _case("per_connect", "KeepGreetingOfClient", LEAK, STEADY, "something is kept of every connection, which has ended"),
    _case("per_tick", "AppendHourlyReport", LEAK, STEADY, "something is kept each hour, whatever clients do"),
    _case("slow_among_churn", "NoteOperation", LEAK, STEADY, "23 bytes a message among megabytes that come and go",
          also=(_also("ReplaceInWorkingSet", FLAT, VARIES),)),
    _case("thread_never_joined", "StartWorkerAndForget", LEAK, STEADY, "each hour a thread ends that nobody joins", by="threads"),
    _case("thread_blocked", "StartWorkerThatWaits", LEAK, STEADY, "each hour a thread begins to wait for ever", by="threads"),
    _case("timer_descriptor", "ArmKeepAliveTimer", LEAK, STEADY, "a timerfd for each connection, not closed with it", by="timers"),
    _case("posix_timer", "CreateSessionTimer", LEAK, STEADY, "a timer for each connection, not deleted with it", by="timers"),
    _case("descriptor", "OpenSpoolFile", LEAK, STEADY, "a file for each connection, never closed", by="fds"),
    _case("mapping", "MapMessageStore", LEAK, STEADY, "a mapping for each connection, never unmapped", by="mapped_space"),
    _case("pool_resource", "StoreInPool", LEAK, STEADY, "a std::pmr pool gets no block back"),
    _case("custom_pool", "RefillNodePool", GONE, STEADY, "every fourth node does not come back to the service's own pool: whole chunks are lost"),
    _case("plugin", "PluginKeepMessage", LEAK, STEADY, "it is in a plugin that was opened at run time"),
    _case("topic_map", "InternTopic", LEAK, STEADY, "each message has a topic of its own, and its name is kept", "new_topics"),
    _case("cleared_retained", "FindOrAddTopic", LEAK, STEADY, "retained messages are cleared, and their topics kept",
          "retained_cleared"),
    _case("replaced_retained", "CopyPayload", GONE, STEADY, "a retained message is replaced, and the old one not freed",
          "retained_replaced"),
    _case("gone_clients", "KeepGoneClient", LEAK, STEADY, "clients that wanted no session have gone, and are remembered"),
    _case("lost_will", "CopyWill", GONE, STEADY, "the will of a client that says goodbye is not freed", "departing_wills"),
    _case("qos2_numbers", "RememberQos2Number", LEAK, STEADY, "messages of QoS 2 were released, and their numbers kept",
          "released_messages"),
    _case("leak_among_backlog", "KeepSampleForNobody", LEAK, STEADY, "a sample of each message, beside the queue of an absent client",
          "queue_grows", also=(_also("QueueForAbsentClient", BACKLOG, STEADY),)),
    _case("leak_beside_drained", "KeepSampleForNobody", LEAK, STEADY, "the same, and the client fetches all in every third round",
          "queue_is_drained", program="leak_among_backlog", also=(_also("QueueForAbsentClient", PASSES, VARIES),)),
)

NO_LEAKS = (
    _case("lru_at_bound", "PutInLru", BOUNDED, SETTLES, "a cache that is full before it is looked at"),
    _case("lru_filling", "PutInLru", FILLED, SETTLES, "a cache that reaches its bound in the fourth round"),
    _case("hash_window", "IndexMessage", BOUNDED, SETTLES, "a hash table over the last 300 messages"),
    _case("hash_filling", "IndexMessage", FILLED, SETTLES, "a hash table over keys of which there are 400"),
    _case("sample_vector", "AddSample", FILLED, SETTLES, "a vector that doubles until its bound in the third round"),
    _case("tls_warm_up", "UseTls", BOUNDED, SETTLES, "what OpenSSL makes once, late", "late_messages", program="tls_warm_up"),
    _case("locale_warm_up", "SpeakAllLanguages", BOUNDED, SETTLES, "what locales and converters make once, late", "late_messages"),
    _case("connection_pool", "OpenUpstream", BOUNDED, SETTLES, "connections that are used again, twelve at most",
          also=(_also("OpenUpstream", BOUNDED, SETTLES, "fds"),)),
    _case("warm_pool", "RefillNodePool", BOUNDED, SETTLES, "the service's own pool, as large as its busiest hour was"),
    _case("thread_pool", "StartPoolWorker", BOUNDED, SETTLES, "six workers at most, started as needed", by="threads"),
    _case("spool_files", "KeepSpoolFileOpen", BOUNDED, SETTLES, "thirty files stay open at most", by="fds"),
    _case("log_ring", "AppendToLogRing", FLAT, VARIES, "the last 200 lines of a log, of any length"),
    _case("request_arena", "ParseInArena", FLAT, SETTLES, "an arena that ends with its message"),
    _case("reconnects", "MakeConnectionState", FLAT, SETTLES, "clients come and go, and what they had goes too"),
    _case("statistics", "PublishStatistics", FLAT, VARIES, "retained figures of the service's own, replaced each hour", "reader"),
    _case("bursts", "BufferBurst", FLAT, VARIES, "what an hour brought is gone in the next"),
    _case("daily_rhythm", "SizeByHour", FLAT, VARIES, "a working set that follows the time of day"),
    _case("fragmentation", "PinHeap", ALLOCATOR, SETTLES, "few blocks stay above many that go, whose pages stay too"),
    _case("arenas", "WorkInThread", ALLOCATOR, VARIES, "threads give nearly all back, and their arenas stay"),
    _case("queue_grows", "QueueForOfflineClient", BACKLOG, STEADY, "a client is away, and messages wait for it", "queue_grows",
          program="sessions"),
    _case("queue_shrinks", "QueueForOfflineClient", PASSES, SHRINKS, "the client comes, and fetches more than has come since",
          "queue_shrinks", program="sessions"),
    _case("queue_is_drained", "QueueForOfflineClient", PASSES, VARIES, "the client fetches all in every third round",
          "queue_is_drained", program="sessions"),
    _case("offline_sessions", "KeepSession", BACKLOG, STEADY, "more and more clients have gone and want to be remembered",
          "offline_sessions", program="sessions", also=(_also("AddSubscription", BACKLOG, STEADY),)),
    _case("subscriptions", "AddSubscription", BACKLOG, STEADY, "a client subscribes to more and more", "subscriptions",
          program="sessions"),
    _case("retained_set", "StoreRetained", BACKLOG, STEADY, "more and more topics have a retained message", "retained_set",
          program="retained"),
    _case("retained_replaced", "StoreRetained", PASSES, VARIES, "the same topics get another retained message",
          "retained_replaced", program="retained"),
    _case("retained_cleared", "StoreRetained", PASSES, SETTLES, "retained messages are set and cleared", "retained_cleared",
          program="retained"),
    _case("idle_clients", "KeepContext", BACKLOG, STEADY, "more and more clients are connected", "idle_clients",
          program="connected_clients", also=(_also("AcceptClient", BACKLOG, STEADY), _also("AcceptClient", BACKLOG, STEADY, "fds"))),
    _case("wills", "StoreWill", BACKLOG, STEADY, "more and more connected clients have left a will", "clients_with_wills",
          program="connected_clients"),
    _case("timed_clients", "ArmClientTimer", BACKLOG, STEADY, "a timer for each connected client, of which there are more and more",
          "idle_clients", by="timers"),
    _case("unacknowledged", "HoldUntilAcknowledged", BACKLOG, STEADY, "a connected client never acknowledges",
          "unacknowledged_messages", program="inflight"),
    _case("half_open", "HoldUntilReleased", BACKLOG, STEADY, "clients never release their messages of QoS 2",
          "unreleased_messages", program="inflight"),
    _case("slow_reader", "BufferForSlowReader", BACKLOG, STEADY, "a connected client does not read what it has asked for",
          "slow_reader", program="forwarding"),
)


def _broker(name, verdicts, shape, why, *parts, function="", also=()):
    return _case(f"mosquitto_{name}", function, verdicts, shape, why, *parts, program="mosquitto", also=also)


BROKER = (
    _broker("everyday", FLAT, SETTLES, "nothing but the load that all cases have"),
    _broker("queue_grows", BACKLOG, STEADY, "a client is away, and messages wait for it", "queue_grows"),
    _broker("queue_shrinks", PASSES, SHRINKS, "the client comes, and fetches more than has come since", "queue_shrinks"),
    _broker("queue_is_drained", PASSES, VARIES, "the client fetches all in every third round", "queue_is_drained"),
    _broker("retained_set", BACKLOG, STEADY, "more and more topics have a retained message", "retained_set"),
    _broker("retained_replaced", PASSES, VARIES, "the same topics get another retained message", "retained_replaced"),
    _broker("idle_clients", BACKLOG, STEADY, "more and more clients are connected", "idle_clients"),
    _broker("offline_sessions", BACKLOG, STEADY, "more and more clients have gone and want to be remembered", "offline_sessions"),
    _broker("subscriptions", BACKLOG, STEADY, "a client subscribes to more and more", "subscriptions"),
    _broker("unacknowledged", BACKLOG, STEADY, "a connected client never acknowledges", "unacknowledged_messages"),
    _broker("half_open", BACKLOG, STEADY, "clients never release their messages of QoS 2", "unreleased_messages"),
    _broker("wills", BACKLOG, STEADY, "more and more connected clients have left a will", "clients_with_wills"),
    _broker("all_state", BACKLOG, STEADY, "all of these at once", "queue_grows", "retained_set", "idle_clients", "offline_sessions",
            "subscriptions", "unacknowledged_messages", "clients_with_wills"),
)
# Fixed in mosquitto 2.0.16: there, retained messages that are cleared leave nothing.
LEAKY_BROKER = (
    _broker("retained_cleared", LEAK, STEADY, "this broker keeps topics of retained messages that were cleared", "retained_cleared",
            function="retain__store"),
    _broker("all_at_once", LEAK, STEADY, "the leak above among all kinds of state", "retained_cleared", "queue_grows", "retained_set",
            "idle_clients", "offline_sessions", "subscriptions", "unacknowledged_messages", "clients_with_wills",
            function="retain__store", also=(_also("", BACKLOG, STEADY),)),
)

# Written after the rules were fixed, and told of apart: no rule was made for them.
UNSEEN = (
    _case("callbacks", "RegisterCallback", LEAK, STEADY, "a closure for each message, of which every third is called and freed"),
    _case("text_log", "AppendToTextLog", LEAK, DOUBLES, "one string to which each message adds a line"),
    _case("tokens", "AddToken", LEAK, STEADY, "in C, a token in a list for each SUBSCRIBE"),
    _case("last_topic", "RememberLastTopic", GONE, STEADY, "in C, a copy of each message's topic is forgotten"),
    _case("watched_peers", "WatchPeer", LEAK, STEADY, "a second descriptor for each connection, never closed", by="fds"),
    _case("reports_asked_for", "AskForReport", LEAK, STEADY, "each hour a promise is kept whose answer nobody takes"),
    _case("text_log_cut", "AppendToTextLog", BOUNDED, SETTLES, "one string that is cut when it is too long"),
    _case("c_ring", "PutInRing", FLAT, VARIES, "in C, 64 slots of any length that are replaced in turn"),
    _case("patterns", "CompilePattern", BOUNDED, VARIES, "regular expressions, all thrown away when there are twenty"),
    _case("remembered_for_hours", "RememberForHours", FLAT, VARIES, "answers are remembered for three hours"),
    _case("topic_counters", "CountTopic", BOUNDED, SETTLES, "a counter for each of some hundred names"),
    _case("reaped_pool", "OpenPooled", BOUNDED, VARIES, "connections that are closed when they have been idle for hours", by="fds"),
    _case("last_values", "KeepLastValue", FILLED, SETTLES, "the last value of each of 400 devices",
          also=(_also("MarkOnline", FLAT, SETTLES),)),
)


def _client(library, words):
    """All of them in one service: they do not touch each other."""
    return _case(f"{library}_client", "KeepAuditEntry", LEAK, STEADY, f"a service on {words}: a list of all messages that nobody reads; the "
                 "last 64 of them; a subscription each hour to an answer that comes once", program=f"client_of_{library}",
                 also=(_also("PutInRecent", FLAT, VARIES), _also("SubscribeToAnswer", LEAK, STEADY, by="mqtt_subscriptions")))


# Services that are clients of a broker. Written after the rules were fixed, too, and told of apart.
CLIENTS = (_client("mosquitto", "libmosquitto"), _client("paho", "Eclipse Paho C"))
