/* What the client services do with a message, whatever library brings it: planted leaks, and what looks like one and is
   none. */
#ifndef MQTRACK_TESTS_VERDICTS_CLIENTS_CLIENT_WORK_H_
#define MQTRACK_TESTS_VERDICTS_CLIENTS_CLIENT_WORK_H_

#include <stddef.h>

/* Subscribes at QoS 1, by the library at hand. */
typedef void (*SubscribeFunction)(const char* filter);

/* "news": it is remembered for a while, and for ever in an audit list. "hour": the service subscribes to an answer that
   it never takes its subscription back for. "sync": what came before has been dealt with, which is said on stdout. */
void HandleMessage(const char* topic, const void* payload, size_t bytes, SubscribeFunction subscribe);

/* Says "ready PID" once it has subscribed to these. */
void SubscribeToWork(SubscribeFunction subscribe);

#endif
