// While another process is made to stand still, whoever does that should not have to wait for a turn.
#pragma once

namespace mqtrack::threads {

/// Its thread, and those that this makes meanwhile, run before others, if the caller may: on a busy machine a service
/// would otherwise stand still for as long as it takes us to get our turn, at each step.
class Urgency {
 public:
  Urgency();
  ~Urgency();
  Urgency(const Urgency&) = delete;
  Urgency& operator=(const Urgency&) = delete;

  /// The calling thread takes its turn like others again, of whomever it has its urgency.
  void EndHere() const;

 private:
  int before_;
  bool raised_ = false;
};

}  // namespace mqtrack::threads
