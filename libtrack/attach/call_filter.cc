// Abstract interpretation: every word is known or not. Jumps only lead forward, so one pass over the program, in which
// the states that meet at an instruction are joined, sees every path.
#include "libtrack/attach/call_filter.h"

#include <linux/seccomp.h>

#include <algorithm>
#include <cstddef>
#include <vector>

#include "libtrack/threads/cpu_registers.h"

namespace mqtrack::attach {
namespace {

using Word = std::optional<std::uint32_t>;

struct Machine {
  Word a, x;
  std::array<Word, BPF_MEMWORDS> memory;
};

Word Join(const Word& one, const Word& other) { return one == other ? one : Word(); }

Machine Join(const Machine& one, const Machine& other) {
  Machine joined{Join(one.a, other.a), Join(one.x, other.x), {}};
  for (std::size_t i = 0; i < joined.memory.size(); ++i) joined.memory[i] = Join(one.memory[i], other.memory[i]);
  return joined;
}

/// A word of struct seccomp_data.
Word DataWord(const PossibleCall& call, std::uint32_t offset) {
  constexpr std::uint32_t kArguments = offsetof(seccomp_data, args);
  if (offset == offsetof(seccomp_data, nr)) return static_cast<std::uint32_t>(call.number);
  if (offset == offsetof(seccomp_data, arch)) return threads::kAuditArchitecture;
  if (offset < kArguments || offset >= sizeof(seccomp_data) || offset % 4 != 0) return {};
  const std::optional<std::uint64_t>& argument = call.arguments[(offset - kArguments) / 8];
  if (!argument) return {};
  return static_cast<std::uint32_t>(offset % 8 == 0 ? *argument : *argument >> 32);  // little-endian
}

Word Compute(std::uint16_t operation, const Word& left, const Word& right) {
  if (!left || (!right && operation != BPF_NEG)) return {};
  const std::uint32_t a = *left, b = right.value_or(0);
  switch (operation) {
    case BPF_ADD:
      return a + b;
    case BPF_SUB:
      return a - b;
    case BPF_MUL:
      return a * b;
    case BPF_DIV:
      return b == 0 ? Word() : Word(a / b);
    case BPF_AND:
      return a & b;
    case BPF_OR:
      return a | b;
    case BPF_XOR:
      return a ^ b;
    case BPF_LSH:
      return b < 32 ? Word(a << b) : Word();
    case BPF_RSH:
      return b < 32 ? Word(a >> b) : Word();
    case BPF_NEG:
      return 0u - a;
    default:
      return {};
  }
}

/// Whether a condition holds; nothing if that cannot be told.
std::optional<bool> Holds(std::uint16_t operation, const Word& left, const Word& right) {
  if (!left || !right) return {};
  switch (operation) {
    case BPF_JEQ:
      return *left == *right;
    case BPF_JGT:
      return *left > *right;
    case BPF_JGE:
      return *left >= *right;
    case BPF_JSET:
      return (*left & *right) != 0;
    default:
      return {};
  }
}

CallAnswer AnswerOf(std::uint32_t returned) {
  switch (returned & SECCOMP_RET_ACTION_FULL) {
    case SECCOMP_RET_ALLOW:
    case SECCOMP_RET_LOG:
      return CallAnswer::kAllowed;
    case SECCOMP_RET_ERRNO:
      return CallAnswer::kRefused;
    default:
      return CallAnswer::kHarmful;
  }
}

class Walk {
 public:
  Walk(std::span<const sock_filter> filter, const PossibleCall& call)
      : filter_(filter), call_(call), states_(filter.size()) {}

  CallAnswer Run() {
    if (filter_.empty()) return CallAnswer::kHarmful;
    states_[0] = Machine{};
    for (std::size_t at = 0; at < filter_.size(); ++at) {
      if (states_[at]) Step(at, *states_[at]);
    }
    return worst_;
  }

 private:
  void Note(CallAnswer answer) { worst_ = std::max(worst_, answer); }

  void Reach(std::size_t at, const Machine& state) {
    if (at >= filter_.size()) return Note(CallAnswer::kHarmful);
    states_[at] = states_[at] ? Join(*states_[at], state) : state;
  }

  void Step(std::size_t at, Machine state) {
    const sock_filter& code = filter_[at];
    switch (BPF_CLASS(code.code)) {
      case BPF_LD:
        state.a = Loaded(code, state);
        return Reach(at + 1, state);
      case BPF_LDX:
        state.x = Loaded(code, state);
        return Reach(at + 1, state);
      case BPF_ST:
      case BPF_STX:
        if (code.k >= state.memory.size()) return Note(CallAnswer::kHarmful);
        state.memory[code.k] = BPF_CLASS(code.code) == BPF_ST ? state.a : state.x;
        return Reach(at + 1, state);
      case BPF_ALU:
        state.a = Compute(BPF_OP(code.code), state.a, Operand(code, state));
        return Reach(at + 1, state);
      case BPF_JMP:
        return Jump(at, state);
      case BPF_RET:
        return Return(code, state);
      default:  // BPF_MISC
        (BPF_MISCOP(code.code) == BPF_TAX ? state.x : state.a) = BPF_MISCOP(code.code) == BPF_TAX ? state.a : state.x;
        return Reach(at + 1, state);
    }
  }

  Word Loaded(const sock_filter& code, const Machine& state) const {
    switch (BPF_MODE(code.code)) {
      case BPF_ABS:
        return DataWord(call_, code.k);
      case BPF_IMM:
        return code.k;
      case BPF_LEN:
        return static_cast<std::uint32_t>(sizeof(seccomp_data));
      case BPF_MEM:
        return code.k < state.memory.size() ? state.memory[code.k] : Word();
      default:
        return {};
    }
  }

  static Word Operand(const sock_filter& code, const Machine& state) {
    return BPF_SRC(code.code) == BPF_X ? state.x : Word(code.k);
  }

  void Jump(std::size_t at, const Machine& state) {
    const sock_filter& code = filter_[at];
    if (BPF_OP(code.code) == BPF_JA) return Reach(at + 1 + code.k, state);
    const Word operand = Operand(code, state);
    const std::optional<bool> holds = Holds(BPF_OP(code.code), state.a, operand);
    if (holds.value_or(true)) {
      Machine taken = state;
      if (BPF_OP(code.code) == BPF_JEQ && operand) taken.a = operand;
      Reach(at + 1 + code.jt, taken);
    }
    if (!holds.value_or(false)) Reach(at + 1 + code.jf, state);
  }

  void Return(const sock_filter& code, const Machine& state) {
    const Word returned = BPF_RVAL(code.code) == BPF_A ? state.a : Word(code.k);
    Note(returned ? AnswerOf(*returned) : CallAnswer::kHarmful);
  }

  std::span<const sock_filter> filter_;
  const PossibleCall& call_;
  std::vector<std::optional<Machine>> states_;
  CallAnswer worst_ = CallAnswer::kAllowed;
};

}  // namespace

CallAnswer WorstAnswer(std::span<const sock_filter> filter, const PossibleCall& call) {
  return Walk(filter, call).Run();
}

}  // namespace mqtrack::attach
