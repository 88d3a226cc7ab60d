#include "reports/words/unjoined_words.h"

#include "libtrack/support/units.h"

namespace mqtrack::reports {

std::string UnjoinedWords(const analysis::Unjoined& unjoined, bool is_diff) {
  const std::int64_t threads = is_diff ? unjoined.thread_growth() : unjoined.threads;
  const std::int64_t bytes = is_diff ? unjoined.stack_growth() : unjoined.stack_bytes;
  if (threads <= 0) return {};
  std::string text = (is_diff ? support::FormatSignedCount(threads) : support::FormatCount(threads)) + " ended and " +
                     (threads == 1 ? "was" : "were") + " never joined";
  if (bytes <= 0) return text;  // their stacks are the service's own
  text += threads == 1 ? "; its stack holds " : "; their stacks hold ";
  text += support::FormatBytes(bytes) + " of address space";
  if (threads == 1) return text;
  return text + ", " + (bytes % threads == 0 ? "" : "about ") + support::FormatBytes(bytes / threads) + " each";
}

}  // namespace mqtrack::reports
