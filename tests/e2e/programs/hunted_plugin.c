// A plugin of mosquitto with a leak in each of many paths, each of a size of its own so that each is told apart. Built
// with FIXED, the same paths leave nothing behind.
#include <mosquitto.h>
#include <mosquitto_broker.h>
#include <mosquitto_plugin.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

static mosquitto_plugin_id_t* own_id;

// What is never given back. In a list, so that a leak checker at exit would call it reachable.
struct Kept {
  struct Kept* next;
  char bytes[];
};
#ifndef FIXED
static struct Kept* kept;
#endif

// No function of its own: each path is to be blamed itself.
#ifdef FIXED
#define TAKE(size) free(malloc(size))
#else
#define TAKE(size)                 \
  struct Kept* one = malloc(size); \
  if (one == NULL) return;         \
  one->next = kept;                \
  kept = one
#endif

#define PATH(name, size)                             \
  __attribute__((noinline)) static void name(void) { \
    TAKE(size);                                      \
    __asm__ volatile("");                            \
  }
PATH(OnWrongPassword, 101)
PATH(OnUnknownUser, 103)
PATH(OnRightPassword, 107)
PATH(OnWriteDenied, 109)
PATH(OnSubscribeDenied, 113)
PATH(OnReadAllowed, 127)
PATH(OnUnsubscribe, 131)
PATH(OnLargeMessage, 137)
PATH(OnEmptyMessage, 139)
PATH(OnQosTwoMessage, 149)
PATH(OnRetainedMessage, 151)
PATH(OnExtendedAuth, 157)
PATH(OnKeepAliveEnd, 163)
PATH(OnLastingEnd, 167)
PATH(OnSubscribedEnd, 173)
PATH(OnOldVersion, 191)
PATH(OnUserProperty, 193)

static void OnWebSocketClient(void) {
#ifdef FIXED
  const int fd = eventfd(0, 0);
  if (fd >= 0) close(fd);
#else
  (void)!eventfd(0, 0);
#endif
}

static int BasicAuth(int event, void* data, void* user) {
  (void)event, (void)user;
  const struct mosquitto_evt_basic_auth* auth = data;
  if (mosquitto_client_protocol(auth->client) == mp_websockets) OnWebSocketClient();
  if (mosquitto_client_protocol_version(auth->client) == 3) OnOldVersion();
  if (auth->username == NULL) return MOSQ_ERR_PLUGIN_DEFER;
  const int is_known = strcmp(auth->username, "hunter") == 0;
  if (!is_known) {
    OnUnknownUser();
  } else if (auth->password != NULL && strcmp(auth->password, "right") == 0) {
    OnRightPassword();
  } else {
    OnWrongPassword();
  }
  return MOSQ_ERR_PLUGIN_DEFER;
}

static int Acl(int event, void* data, void* user) {
  (void)event, (void)user;
  const struct mosquitto_evt_acl_check* check = data;
  const int is_denied = strncmp(check->topic, "denied/", 7) == 0;
  if (is_denied && check->access == MOSQ_ACL_WRITE) OnWriteDenied();
  if (is_denied && check->access == MOSQ_ACL_SUBSCRIBE) OnSubscribeDenied();
  if (check->access == MOSQ_ACL_READ) OnReadAllowed();
  if (check->access == MOSQ_ACL_UNSUBSCRIBE) OnUnsubscribe();
  return MOSQ_ERR_PLUGIN_DEFER;
}

static int Message(int event, void* data, void* user) {
  (void)event, (void)user;
  const struct mosquitto_evt_message* message = data;
  if (message->payloadlen > 50000) OnLargeMessage();
#ifdef CRASHES
  if (message->payloadlen > 50000 && message->qos == 2) abort();
#endif
#ifdef HANGS
  if (message->payloadlen > 50000 && message->qos == 2) raise(SIGSTOP);
#endif
  if (message->payloadlen == 0) OnEmptyMessage();
  if (message->qos == 2) OnQosTwoMessage();
  if (message->retain) OnRetainedMessage();
  for (const mosquitto_property* one = message->properties; one != NULL; one = mosquitto_property_next(one)) {
    if (mosquitto_property_identifier(one) == 38) OnUserProperty();
  }
  return MOSQ_ERR_SUCCESS;
}

static int ExtendedAuth(int event, void* data, void* user) {
  (void)event, (void)data, (void)user;
  OnExtendedAuth();
  return MOSQ_ERR_NOT_SUPPORTED;
}

static int Disconnected(int event, void* data, void* user) {
  (void)event, (void)user;
  const struct mosquitto_evt_disconnect* end = data;
  if (mosquitto_client_keepalive(end->client) == 1) OnKeepAliveEnd();
  if (!mosquitto_client_clean_session(end->client)) OnLastingEnd();
  if (mosquitto_client_sub_count(end->client) > 0) OnSubscribedEnd();
  return MOSQ_ERR_SUCCESS;
}

int mosquitto_plugin_version(int supported_version_count, const int* supported_versions) {
  for (int i = 0; i < supported_version_count; ++i) {
    if (supported_versions[i] == 5) return 5;
  }
  return -1;
}

int mosquitto_plugin_init(mosquitto_plugin_id_t* identifier, void** user_data, struct mosquitto_opt* options,
                          int option_count) {
  (void)user_data, (void)options, (void)option_count;
  own_id = identifier;
  mosquitto_callback_register(own_id, MOSQ_EVT_BASIC_AUTH, BasicAuth, NULL, NULL);
  mosquitto_callback_register(own_id, MOSQ_EVT_ACL_CHECK, Acl, NULL, NULL);
  mosquitto_callback_register(own_id, MOSQ_EVT_MESSAGE, Message, NULL, NULL);
  mosquitto_callback_register(own_id, MOSQ_EVT_EXT_AUTH_START, ExtendedAuth, NULL, NULL);
  return mosquitto_callback_register(own_id, MOSQ_EVT_DISCONNECT, Disconnected, NULL, NULL);
}

int mosquitto_plugin_cleanup(void* user_data, struct mosquitto_opt* options, int option_count) {
  (void)user_data, (void)options, (void)option_count;
  return MOSQ_ERR_SUCCESS;
}
