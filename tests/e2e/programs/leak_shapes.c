// Shapes of leaks that brokers and client libraries really had, under the names that their functions have there: what
// is lost is asked for by the function that loses it, through builders and wrappers that only pass it on.
//
//   leak_shapes SHAPE leaky|repaired    reads numbers of rounds from stdin, and says "done" after each of them
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define APART __attribute__((noinline))

static int repaired;
static int rounds_done;

// --- mosquitto's wrappers

static APART void* mosquitto__calloc(size_t count, size_t size) { return calloc(count, size); }
static APART void* mosquitto__malloc(size_t size) { return malloc(size); }
static APART void* mosquitto__realloc(void* old, size_t size) { return realloc(old, size); }
static APART void* _mosquitto_malloc(size_t size) { return malloc(size); }

struct property {
  struct property* next;
  char* text;
  int number;
};

static void FreeProperties(struct property* list) {
  while (list != NULL) {
    struct property* next = list->next;
    free(list->text);
    free(list);
    list = next;
  }
}

// A builder: a new entry at the end of the caller's list.
static APART int mosquitto_property_add_int16(struct property** list, int number) {
  struct property* made = mosquitto__calloc(1, sizeof *made);
  if (made == NULL) return 1;
  made->number = number;
  while (*list != NULL) list = &(*list)->next;
  *list = made;
  return 0;
}

static APART void send__connect(void) {
  struct property* own = NULL;
  mosquitto_property_add_int16(&own, 20);
  mosquitto_property_add_int16(&own, 65535);
  if (repaired) FreeProperties(own);
}

// Reads all properties of a packet into a list of the caller's, one by one.
static APART char* packet__read_string(const char* bytes) {
  char* text = mosquitto__malloc(strlen(bytes) + 1);
  if (text != NULL) strcpy(text, bytes);
  return text;
}

static APART int property__read(struct property* entry, const char* bytes) {
  entry->text = packet__read_string(bytes);
  return entry->text == NULL;
}

static APART int property__read_all(struct property** list, const char* const* packet) {
  for (; *packet != NULL; ++packet) {
    struct property* entry = mosquitto__calloc(1, sizeof *entry);
    if (entry == NULL || property__read(entry, *packet) != 0) return 1;
    entry->next = *list;
    *list = entry;
  }
  return 0;
}

static APART void handle__publish(void) {
  static const char* const packet[] = {"text/plain", "the answer goes to this topic, please", NULL};
  struct property* list = NULL;
  property__read_all(&list, packet);
  struct property* taken_out = list;  // the message keeps the others
  list = list->next;
  FreeProperties(list);
  if (repaired) {
    taken_out->next = NULL;
    FreeProperties(taken_out);
  }
}

// An array for answers that grows, begun anew for each topic.
static APART void handle__unsubscribe(void) {
  unsigned char* codes = NULL;
  for (int topic = 0; topic < 12; ++topic) {
    if (!repaired || codes == NULL) codes = mosquitto__malloc(10);
    if (topic == 10) codes = mosquitto__realloc(codes, 20);
    if (codes == NULL) return;
    codes[topic % 10] = 0;
  }
  free(codes);
}

// Names of the first versions.
static APART int _mosquitto_read_string(const char* bytes, char** text) {
  *text = _mosquitto_malloc(strlen(bytes) + 1);
  if (*text == NULL) return 1;
  strcpy(*text, bytes);
  return 0;
}

static APART void mqtt3_handle_connect(void) {
  char *user = NULL, *password = NULL;
  _mosquitto_read_string("somebody", &user);
  _mosquitto_read_string("a password that the certificate makes needless", &password);
  free(user);
  if (repaired) free(password);
}

// A level of a tree, which the one who makes it links in: not a builder, it is to blame itself.
struct level {
  struct level* next;
  char name[48];
};
static struct level* root;

static APART struct level* retain__add_hier_entry(void) {
  struct level* made = mosquitto__calloc(1, sizeof *made);
  if (made == NULL) return NULL;
  snprintf(made->name, sizeof made->name, "device-%d", rounds_done);
  made->next = root;
  root = made;
  return made;
}

static APART void retain__store(void) {
  struct level* made = retain__add_hier_entry();
  if (!repaired || made == NULL) return;
  root = made->next;
  free(made);
}

// --- Paho's: each block has an entry in a book of all blocks

struct entry {
  struct entry* next;
  void* block;
};
static struct entry* book;

static APART void TreeAdd(void* block) {
  struct entry* entry = malloc(sizeof *entry);
  if (entry == NULL) return;
  entry->block = block;
  entry->next = book;
  book = entry;
}

static APART void* mymalloc(size_t size) {
  void* block = malloc(size);
  if (block != NULL) TreeAdd(block);
  return block;
}

static APART void myfree(void* block) {
  for (struct entry** at = &book; *at != NULL; at = &(*at)->next) {
    struct entry* entry = *at;
    if (entry->block != block) continue;
    *at = entry->next;
    free(entry);
    break;
  }
  free(block);
}

static APART char* MQTTStrdup(const char* text) {
  char* copy = mymalloc(strlen(text) + 1);
  return copy == NULL ? NULL : strcpy(copy, text);
}

static APART void MQTTAsync_connect(void) {
  static char* will;
  if (repaired && will != NULL) myfree(will);
  will = MQTTStrdup("gone, and nobody knows whether it will come back");
}

// --- what libraries make for their caller

static APART void Socket_new(void) {
  struct addrinfo hints, *found = NULL;
  memset(&hints, 0, sizeof hints);
  hints.ai_flags = AI_NUMERICHOST;
  if (getaddrinfo("127.0.0.1", "1883", &hints, &found) != 0) abort();
  if (repaired) freeaddrinfo(found);
}

static APART void socketpair_connect_init(void) {
  static int ends[2] = {-1, -1};
  if (repaired && ends[0] != -1) {
    close(ends[0]);
    close(ends[1]);
  }
  if (socketpair(AF_UNIX, SOCK_STREAM, 0, ends) != 0) abort();
}

static const struct {
  const char* name;
  void (*round)(void);
} kShapes[] = {
    {"builder", send__connect},     {"read_all", handle__publish},
    {"array", handle__unsubscribe}, {"old_names", mqtt3_handle_connect},
    {"tree", retain__store},        {"book", MQTTAsync_connect},
    {"addresses", Socket_new},      {"sockets", socketpair_connect_init},
};

int main(int count, char** arguments) {
  if (count != 3) return 2;
  repaired = strcmp(arguments[2], "repaired") == 0;
  void (*round)(void) = NULL;
  for (size_t i = 0; i < sizeof kShapes / sizeof *kShapes; ++i) {
    if (strcmp(arguments[1], kShapes[i].name) == 0) round = kShapes[i].round;
  }
  if (round == NULL) return 2;
  int rounds = 0;
  while (scanf("%d", &rounds) == 1) {
    for (; rounds > 0; --rounds, ++rounds_done) round();
    printf("done\n");
    fflush(stdout);
  }
  return 0;
}
