"""What is done to a target in each round: the everyday load always, and parts that bring about one kind of state.

All counts are fixed and differ from round to round, so that what grows with messages, with connections and with hours are
three different things. A part is a function of the target and the round's number.
"""
MESSAGES = (400, 300, 520, 260, 450, 340, 560, 280, 380, 500, 320, 430)
CONNECTIONS = (9, 14, 16, 7, 10, 13, 8, 12, 15, 6, 11, 9)
HOURS = (5, 7, 4, 8, 6, 5, 9, 4, 7, 6, 5, 8)
STATE = (90, 140, 60, 120, 80, 150, 70, 110, 130, 50, 100, 90)  # of topics, queued messages and the like
CLIENTS = (7, 12, 5, 10, 8, 14, 6, 9, 11, 4, 13, 7)              # of clients that stay, or are remembered
ROUNDS = len(MESSAGES)
_AT_ONCE = 100  # messages that a queue is drained by in one connection


def payload(number):
    return b"21.5 degrees;" * (1 + number * 7 % 5)


def everyday(target, number):
    """Messages of one client that nobody has asked for, and clients that come, subscribe and go."""
    publisher = target.keep("publisher")
    for i in range(MESSAGES[number]):
        publisher.publish("news", payload(i))
    for i in range(CONNECTIONS[number]):
        with target.client(f"visitor-{number}-{i}") as visitor:
            visitor.subscribe("weather")


def _numbers(target, name, count):
    """So many numbers that were not used before under this name."""
    first = target.kept.get(name, 0)
    target.kept[name] = first + count
    return range(first, first + count)


def late_messages(target, number):
    """From the second round on."""
    for i in range(5 if number else 0):
        target.keep("publisher").publish("late", payload(i))


def new_topics(target, number):
    for i in _numbers(target, "new topics", MESSAGES[number]):
        target.keep("publisher").publish(f"orders/order-{i:06}/reply", payload(i))


def retained_set(target, number):
    for i in _numbers(target, "retained topics", STATE[number]):
        target.keep("publisher").publish(f"house/sensor-{i:05}/state", payload(i), retain=True)


def retained_replaced(target, number):
    for i in _numbers(target, "replaced", 2 * STATE[number]):
        target.keep("publisher").publish(f"house/meter-{i % 20:02}/state", payload(i // 3), retain=True)


def retained_cleared(target, number):
    for i in _numbers(target, "cleared topics", STATE[number]):
        target.keep("publisher").publish(f"house/batch-{i:05}/state", payload(i), retain=True)
        target.keep("publisher").publish(f"house/batch-{i:05}/state", b"", retain=True)


def returning_clients(target, number):
    """Five clients with sessions come back again and again, and subscribe to what they have subscribed to already."""
    for i in range(3 * CONNECTIONS[number]):
        with target.client(f"regular-{i % 5}", keep_session=True) as client:
            client.subscribe("house/all")


def departing_wills(target, number):
    for i in range(CONNECTIONS[number]):
        with target.client(f"polite-{i}", will=("gone", "x" * 100)):
            pass


def released_messages(target, number):
    for i in range(STATE[number]):
        target.keep("publisher").publish("exact", payload(i), qos=2)


def unreleased_messages(target, number):
    """A broker puts up with twenty of each client at a time."""
    for i in _numbers(target, "unreleased", STATE[number]):
        target.keep(f"careless-{i // 15}").publish("exact", payload(i), qos=2, release=False)


def unacknowledged_messages(target, number):
    if "silent" not in target.kept:
        target.keep("silent").subscribe("orders")
    for i in range(STATE[number]):
        target.keep("publisher").publish("orders", payload(i))


def slow_reader(target, number):
    """It has asked for messages and does not read them; what no buffer of the sockets takes waits in the service."""
    if "slow" not in target.kept:
        target.keep("slow").subscribe("pictures")
    for _ in range(STATE[number]):
        target.keep("publisher").publish("pictures", b"x" * 6000)


def reader(target, number):
    """It has asked for what the service says by itself each hour, and reads it."""
    del number
    if "reader" not in target.kept:
        target.keep("reader").subscribe("$SYS/#")
    target.let_hours_pass(0)
    target.keep("reader").read_what_has_come()


def idle_clients(target, number):
    for i in _numbers(target, "idle clients", CLIENTS[number]):
        target.keep(f"idle-{i}")


def clients_with_wills(target, number):
    for i in _numbers(target, "clients with wills", CLIENTS[number]):
        target.keep(f"mortal-{i}", will=(f"house/room-{i}/gone", "x" * 200))


def offline_sessions(target, number):
    for i in _numbers(target, "offline sessions", 3 * CLIENTS[number]):
        with target.client(f"seldom-{i:05}", keep_session=True) as client:
            client.subscribe(f"mail/of-{i:05}")


def subscriptions(target, number):
    client = target.keep("collector", keep_session=True)
    for i in _numbers(target, "subscriptions", STATE[number]):
        client.subscribe(f"plant/machine-{i:05}/state")


def _offline_client(target, first_messages=0):
    """A client with a session that asks for a topic and goes; messages for it from before the first round."""
    if "pending" in target.kept:
        return
    with target.client("absent", keep_session=True) as client:
        client.subscribe("archive")
    target.kept["pending"] = 0
    _fill(target, first_messages)


def _fill(target, count):
    for i in range(count):
        target.keep("publisher").publish("archive", payload(i))
    target.kept["pending"] += count


def _drain(target, count):
    while count > 0:
        with target.client("absent", keep_session=True) as client:
            for _ in range(min(count, _AT_ONCE)):
                client.receive()
        target.kept["pending"] -= min(count, _AT_ONCE)
        count -= _AT_ONCE


def queue_grows(target, number):
    _offline_client(target)
    _fill(target, STATE[number])


def queue_shrinks(target, number):
    _offline_client(target, first_messages=3000)
    _fill(target, STATE[number] // 2)
    _drain(target, 280)


def queue_is_drained(target, number):
    """In every third round the client comes and fetches all that has come for it."""
    _offline_client(target)
    _fill(target, STATE[number])
    if number % 3 == 2:
        _drain(target, target.kept["pending"])


PARTS = {part.__name__: part for part in (
    late_messages, new_topics, retained_set, retained_replaced, retained_cleared, returning_clients, departing_wills,
    released_messages, unreleased_messages, unacknowledged_messages, slow_reader, reader, idle_clients, clients_with_wills,
    offline_sessions, subscriptions, queue_grows, queue_shrinks, queue_is_drained)}


def do_round(target, parts, number):
    everyday(target, number)
    for part in parts:
        PARTS[part](target, number)
    target.let_hours_pass(HOURS[number])
