// A list of all messages that nobody ever reads.
#include <list>
#include <string>

#include "service/case.h"

namespace mqtrack::verdicts {
namespace {

std::list<std::string> audit;

[[gnu::noinline]] void AppendToAuditList(Client& client, const Message& message) {
  audit.emplace_back("a message of client ").append(client.id).append(" on ").append(message.topic);
}

const Case kCase("held_list", {.on_publish = AppendToAuditList});

}  // namespace
}  // namespace mqtrack::verdicts
