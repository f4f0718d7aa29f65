// See audited_act.hpp.
#include "actors/rpc/audited_act.hpp"

#include <algorithm>
#include <utility>

namespace troupe::actors {

using protocols::audit_record;
using protocols::fault;
using protocols::rpc_fault;
using outcome = audit_record::outcome;

namespace {

bool is(int code, fault which) { return code == static_cast<int>(which); }

bool exists(const status_board& everything, const std::string& name) {
  auto [group, process] = split_name(name);
  return process ? everything.has(group, *process) : everything.has_group(group);
}

outcome outcome_of(int code, const std::string& name, const status_board& everything) {
  if (is(code, fault::not_permitted))
    return outcome::denied;
  return is(code, fault::bad_name) && exists(everything, name) ? outcome::hidden : outcome::failed;
}

void set_results(audit_record& of, const process_results& results, const status_board& everything) {
  std::vector<std::string> done;
  std::size_t well = 0;
  bool same = true;
  for (const auto& one : results) {
    auto name = full_name(one.group, one.name);
    well += is(one.status, fault::success);
    if (is(one.status, fault::success) && (done.empty() || done.back() != name)) // one may have two results
      done.push_back(std::move(name));
    same = same && one.status == results.front().status;
  }
  if (well == results.size()) {
    of.came = outcome::done;
  } else if (!done.empty()) {
    of.came = outcome::partly;
  } else {
    const auto& first = results.front();
    of.came = outcome_of(first.status, full_name(first.group, first.name), everything);
    if (same)
      of.fault = first.status;
  }
  of.names = std::move(done);
}

} // namespace

rpc_fault not_recorded() { return protocols::make_fault(fault::failed, "the audit trail cannot be written"); }

void set_outcome(audit_record& of, const control_answer& answer, const status_board& everything) {
  of.came = outcome::done;
  if (const auto* refused = std::get_if<rpc_fault>(&answer)) {
    of.fault = static_cast<int>(refused->code);
    of.came = outcome_of(*of.fault, of.target, everything);
    of.names.clear();
  } else if (const auto* results = std::get_if<process_results>(&answer)) {
    set_results(of, *results, everything);
  } else if (const auto* made = std::get_if<protocols::rpc_value>(&answer); made && made->members()) {
    if (const auto* id = made->member("id"); id && id->string()) // of a token, whose secret is no business of ours
      of.names = {*id->string()};
  }
}

audited_act::audited_act(std::shared_ptr<audit_trail> trail, open_act before, const status_board& everything)
    : trail_(std::move(trail)), record_(std::move(before.record)), board_(everything), begun_(before.begun),
      number_(trail_->opened(record_, before.begun)) {}

audited_act::~audited_act() {
  if (number_ != 0)
    trail_->dropped(number_);
}

std::optional<rpc_fault> audited_act::begin() {
  if (begun_)
    return {};
  begun_ = std::chrono::steady_clock::now();
  auto begun = record_;
  begun.came = outcome::begun;
  if (trail_->tell(std::move(begun)) || !trail_->required()) {
    number_ = trail_->opened(record_, *begun_);
    return {};
  }
  ended_ = true;
  return not_recorded();
}

void audited_act::end(const control_answer& with) {
  if (ended_)
    return;
  if (number_ != 0 && !trail_->closed(number_, [self = shared_from_this(), with] { self->end(with); }))
    return;
  number_ = 0;
  ended_ = true;
  set_outcome(record_, with, board_);
  using namespace std::chrono;
  if (begun_)
    record_.ms = duration_cast<milliseconds>(steady_clock::now() - *begun_).count();
  bool nobodys_name = record_.came == outcome::failed && record_.fault == static_cast<int>(fault::bad_name);
  bool is_refusal = record_.came == outcome::denied || record_.came == outcome::hidden || nobodys_name;
  if (is_refusal && !begun_)
    return trail_->tell_refusal(std::move(record_));
  trail_->tell(record_);
  if (rules_ && rules_->epoch() != epoch_) {
    record_.verb = "rules";
    record_.ms.reset();
    trail_->tell(std::move(record_));
  }
}

void audited_act::watch(std::shared_ptr<const access_book> rules) {
  rules_ = std::move(rules);
  epoch_ = rules_ ? rules_->epoch() : 0;
}

void tell_read(audit_trail& trail, const caller& who, const audit_origin& by, const audited_read& read) {
  if (!read.refused && !trail.reads())
    return;
  auto r = trail.record_of(who, by);
  r.verb = config::word_of(read.what);
  r.target = audit_text_of(read.target);
  r.call = read.call;
  if (!read.refused)
    return (void)trail.tell(std::move(r));
  set_outcome(r, control_answer{protocols::make_fault(*read.refused)}, who.view().board());
  if (r.came != outcome::failed)
    trail.tell_refusal(std::move(r));
}

void audited_act::refused(const rpc_fault& with) {
  set_outcome(record_, control_answer{with}, board_);
  if (record_.came != outcome::failed)
    trail_->tell_refusal(std::move(record_));
  else
    trail_->pass_over(record_);
}

void audited_act::end_later(control_answer with) {
  auto shared = std::make_shared<control_answer>(std::move(with));
  trail_->later([self = shared_from_this(), shared] { self->end(*shared); });
}

void audited_act::refused(const rpc_fault& with, std::uint64_t suppressed) {
  set_outcome(record_, control_answer{with}, board_);
  record_.suppressed = suppressed;
  trail_->tell(std::move(record_));
}

rpc_deferred audited_act::witnessed(rpc_deferred ask) {
  return [self = shared_from_this(), ask = std::move(ask)](control_answer_to to) {
    auto deliver = [self, to](control_answer came) {
      self->end_later(came);
      (*to)(std::move(came));
    };
    ask(std::make_shared<reply_promise<control_answer>>(deliver, protocols::make_fault(fault::failed)));
  };
}

rpc_rest audited_act::follow(rpc_rest rest) {
  if (!rest.ask && !rest.work) {
    end(rest.refused ? control_answer{*rest.refused} : control_answer{});
    return rest;
  }
  if (auto refused = begin())
    return {std::move(refused), {}, {}};
  if (rest.ask)
    rest.ask = witnessed(std::move(rest.ask));
  else
    rest.work = [self = shared_from_this(), work = std::move(rest.work)] {
      auto came = work();
      self->end_later(std::holds_alternative<rpc_fault>(came) ? came : control_answer{});
      return came;
    };
  return rest;
}

} // namespace troupe::actors
