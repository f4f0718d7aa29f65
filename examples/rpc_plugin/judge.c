/* A judge of listeners' results in C: `OK` and `SKIP` are accepted, what begins with `BUG` is a mistake, anything else
 * sends the event again.
 *   result_handler = /path/judge.so:judge */
#include "troupe/rpc_plugin.h"

#include <string.h>

static int is(troupe_text text, const char *word) {
  return text.size == strlen(word) && memcmp(text.data, word, text.size) == 0;
}

static int32_t verdict(troupe_text header, troupe_text body, troupe_text result) {
  (void)header;
  (void)body;
  if (is(result, "OK") || is(result, "SKIP"))
    return TROUPE_ACCEPT;
  if (result.size >= 3 && memcmp(result.data, "BUG", 3) == 0)
    return TROUPE_MISTAKE;
  return TROUPE_REJECT;
}

const troupe_result_handler judge = {TROUPE_RESULT_HANDLER, TROUPE_ABI_VERSION, sizeof(troupe_result_handler), verdict};
