#include "preload/recorder/broker/client_link.h"

namespace mqtrack::recorder {
namespace {

constexpr unsigned kCleanFlag = 0x02, kWillFlag = 0x04, kWillRetainFlag = 0x20;  // of a CONNECT
constexpr unsigned kRetainFlag = 0x01;                                           // of a PUBLISH
constexpr std::uint32_t kWithWill = 0x04;                                        // reason of a DISCONNECT

bool IsOfQos2(const PacketFrame& frame) { return (frame.first >> 1 & 3) == 2; }

}  // namespace

void ClientLink::Join(BrokerSheet& sheet, std::uint8_t version) {
  *this = {};
  is_joined_ = 1;
  version_ = version;
  phase_ = kAccepted;
  connection_ = sheet.NewConnection();
  sheet.MarkBroker();
}

void ClientLink::Publishes(BrokerSheet& sheet, const PacketFrame& frame) {
  const unsigned place = read_.alias % kAliases;
  std::uint64_t topic = read_.has_topic != 0 ? read_.text : 0;
  if (read_.alias != 0 && topic != 0) {
    aliases_[place] = read_.alias;
    alias_topics_[place] = topic;
  } else if (read_.alias != 0 && aliases_[place] == read_.alias) {
    topic = alias_topics_[place];
  }
  if (IsOfQos2(frame)) sheet.Opened(session_, read_.packet);
  if ((frame.first & kRetainFlag) == 0) return;
  if (topic == 0) return sheet.Note(log::BrokerGap::kAliases);
  if (read_.expires != 0) sheet.Note(log::BrokerGap::kExpiry);
  if (read_.has_payload != 0)
    sheet.Retained(topic);
  else
    sheet.Cleared(topic);
}

void ClientLink::Asks(BrokerSheet& sheet) {
  sheet.MarkBroker();
  if (version_ != 5) expiry_ = (connect_flags_ & kCleanFlag) != 0 ? 0 : BrokerSheet::kNever;
  StoreRelease(phase_, std::uint32_t{kAsking});
}

void ClientLink::Accept(BrokerSheet& sheet, BrokerSheet::Known known) {
  if (!Swap(phase_, std::uint32_t{kAsking}, std::uint32_t{kEntering})) return;
  connection_ = sheet.NewConnection();
  // For an empty id the broker makes one up. Versions before 3.1.1 do not say whether there was a session.
  const std::uint64_t client = has_id_ != 0 ? client_ : log::Mix(connection_);
  session_ = sheet.Connected(client, connection_, (connect_flags_ & kCleanFlag) != 0,
                             version_ >= 4 ? known : BrokerSheet::Known::kNotSaid);
  if ((connect_flags_ & kWillFlag) != 0) {
    sheet.AddWill(true);
    StoreRelaxed(has_will_, 1u);
  }
  if (!Swap(phase_, std::uint32_t{kEntering}, std::uint32_t{kAccepted})) LeaveNow(sheet);  // it has ended meanwhile
}

void ClientLink::Refuse(BrokerSheet& sheet) {
  const std::uint32_t before = Exchange(phase_, std::uint32_t{kEnded});
  if (before != kAccepted) return;
  if (!sheet.Has(connection_)) return;
  // What it has sent was believed before the answer could be seen.
  sheet.Note(log::BrokerGap::kRefusals);
  DropWill(sheet);
  sheet.Closed(session_, connection_, 0);
}

void ClientLink::DropWill(BrokerSheet& sheet) {
  if (Exchange(has_will_, 0u) != 0) sheet.AddWill(false);
  connect_flags_ = static_cast<std::uint8_t>(connect_flags_ & ~(kWillFlag | kWillRetainFlag));
}

void ClientLink::Disconnects(BrokerSheet& sheet) {
  if (!sheet.Has(connection_)) return;
  const bool keeps_will = version_ == 5 && read_.step != 0 && read_.number == kWithWill;
  if (!keeps_will) DropWill(sheet);
}

void ClientLink::Leave(BrokerSheet& sheet) {
  if (LoadRelaxed(phase_) == kNew) return;
  if (Exchange(phase_, std::uint32_t{kEnded}) != kAccepted) return;
  if (is_joined_ == 0) return LeaveNow(sheet);
  if (sheet.Has(connection_)) sheet.LeftBefore();
}

void ClientLink::LeaveNow(BrokerSheet& sheet) {
  if (!sheet.Has(connection_)) return;
  const bool is_will_kept = (connect_flags_ & kWillFlag) != 0 && (connect_flags_ & kWillRetainFlag) != 0;
  DropWill(sheet);
  sheet.Closed(session_, connection_, expiry_);
  if (!is_will_kept) return;
  // Published after the delay, unless the client comes back before.
  if (will_delay_ != 0 && expiry_ != 0) return sheet.Note(log::BrokerGap::kExpiry);
  if (is_will_empty_ != 0)
    sheet.Cleared(will_topic_);
  else
    sheet.Retained(will_topic_);
}

}  // namespace mqtrack::recorder
