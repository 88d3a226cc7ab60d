/* A plugin that dies when it is given a message. */
#include <string.h>

static char* volatile nowhere;

__attribute__((noinline, used)) static void plugin_copy(void) { memset((char*)nowhere, 1, 100000); }
void plugin_on_message(void) {
  plugin_copy();
  nowhere = (char*)1;
}
