// The service's own pool of nodes, which takes memory from malloc when it is empty. In one case each message needs a
// node, and every fourth does not come back; in the other each hour needs many at once, and all come back.
#include <array>
#include <cstddef>
#include <cstdlib>
#include <vector>

#include "service/case.h"

namespace mqtrack::verdicts {
namespace {

constexpr std::size_t kNodes = 40, kMost = 600;
struct Node {
  Node* next;
  std::array<char, 72> bytes;
};
Node* free_nodes = nullptr;
unsigned messages = 0;
std::vector<Node*> taken;

[[gnu::noinline]] void RefillNodePool() {
  auto* const nodes = static_cast<Node*>(std::malloc(kNodes * sizeof(Node)));
  for (std::size_t i = 0; i < kNodes; ++i) {
    nodes[i].next = free_nodes;
    free_nodes = &nodes[i];
  }
}

Node* Take() {
  if (free_nodes == nullptr) RefillNodePool();
  Node* const node = free_nodes;
  free_nodes = node->next;
  return node;
}

void GiveBack(Node* node) {
  node->next = free_nodes;
  free_nodes = node;
}

void HandleInNode(Client&, const Message&) {
  Node* const node = Take();
  if (++messages % 4 != 0) GiveBack(node);
}

void UseNodes(int hour) {
  const std::size_t needed = 1 + static_cast<unsigned>(hour) * 5 % 12 * 50;
  taken.reserve(kMost);
  while (taken.size() < needed) taken.push_back(Take());
  for (Node* const node : taken) GiveBack(node);
  taken.clear();
}

const Case kLeaky("custom_pool", {.on_publish = HandleInNode});
const Case kWarm("warm_pool", {.on_tick = UseNodes});

}  // namespace
}  // namespace mqtrack::verdicts
