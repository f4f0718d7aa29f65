// See rpc_caller.hpp. The methods write XML, so that is what their values are read from.
#include "actors/rpc/rpc_caller.hpp"

#include "platform/random_bytes.hpp"
#include "protocols/digest.hpp"

namespace troupe::actors {

using protocols::fault;
using protocols::make_fault;
using protocols::rpc_fault;
using protocols::rpc_response;
using protocols::rpc_writer;

namespace {

template <class Write>
rpc_response written(Write write) {
  std::string text;
  rpc_writer out{text};
  out.begin_response();
  write(out);
  out.end_response();
  auto parsed = protocols::parse_response(std::move(text));
  return parsed ? *std::move(parsed) : rpc_response{make_fault(fault::failed, parsed.error().what)};
}

rpc_response response_of(const control_answer& answer) {
  if (const auto* refused = std::get_if<rpc_fault>(&answer))
    return *refused;
  return written([&](rpc_writer& out) { rpc_methods::write(out, answer); });
}

/// As requests of clients have one.
std::string random_number() {
  char bytes[8];
  platform::fill_random(reinterpret_cast<unsigned char*>(bytes), sizeof bytes);
  return protocols::hex({bytes, sizeof bytes});
}

} // namespace

caller_ptr rpc_caller::who_acts(const caller* served) {
  if (!access_ || (!roles_ && !served))
    return whoever_;
  auto rules = access_->now();
  if (served)
    return extension_caller(board_, rules->rules, name_, roles_, served);
  if (!own_ || own_epoch_ != rules->epoch) {
    own_ = extension_caller(board_, rules->rules, name_, roles_, nullptr);
    own_epoch_ = rules->epoch;
  }
  return own_;
}

void rpc_caller::call(const std::string& method, const protocols::rpc_value::array& params,
                      std::function<void(rpc_response)> done, const caller* served) {
  if (rpc_methods::is_multicall(method))
    return done(make_fault(fault::unknown_method));
  rpc_rest rest;
  caller_ptr who;
  audit_origin origin;
  if (audited_)
    origin.id = random_number();
  origin.user = served ? served->name() : name_;
  origin.how = "extension";
  auto answer = written([&](rpc_writer& out) {
    std::lock_guard lock{mutex_};
    who = who_acts(served);
    rest = methods_.begin(*who, audited_ ? &origin : nullptr, method, params, out, ask_);
    if (rest.refused || rest.ask || rest.work)
      out.value(true); // of no interest
  });
  if (rest.refused)
    return done(*std::move(rest.refused));
  if (rest.ask)
    return rest.ask(std::make_shared<reply_promise<control_answer>>(
      [done](const control_answer& a) { done(response_of(a)); }, control_answer{make_fault(fault::failed)}));
  if (rest.work)
    return done(response_of(rest.work()));
  done(std::move(answer));
}

} // namespace troupe::actors
