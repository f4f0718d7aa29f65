// See http_connection.hpp: what /RPC2 answers: a method's value from the table, or what the actors say to a request.
// Must not know HTTP's framing. Source: docs/contract/http.md, 1.8 and 3.
// Lambdas are bound to locals before they are awaited with: GCC 12 destroys temporaries in a co_await twice.
#include "actors/http/http_connection.hpp"

#include "config/text.hpp"
#include "platform/main_log.hpp"
#include "protocols/http_text.hpp"

#include <cerrno>
#include <utility>

#include <sys/socket.h>

namespace troupe::actors {

using config::log_level;
using protocols::rpc_fault;

namespace {

constexpr auto turn_time = std::chrono::milliseconds{5};
constexpr std::size_t usual_answer = 4096;

} // namespace

// -- XML-RPC -------------------------------------------------------------------------------------

/// Long ones where nobody waits for it. What has come of it is held for as long as the call takes.
awaitable<config::result<protocols::rpc_call>> http_connection::parse(std::string& bytes) {
  std::size_t memory = 0;
  auto work = [&bytes, &memory] {
    auto call = protocols::parse_call(bytes, {.bytes = http_limits::body_bytes});
    if (call && bytes.size() > usual_answer)
      for (const auto& param : call->params)
        memory += memory_of(param);
    return call;
  };
  auto call = config::result<protocols::rpc_call>(config::fault(""));
  long_turn turn{context_.work};
  if (bytes.size() > quick_bytes) {
    co_await turn.come();
    call = co_await elsewhere(context_.work, work);
  } else {
    call = work();
  }
  if (!call) {
    auto shown = context_.access.on() ? "of " + std::to_string(bytes.size()) + " bytes" // it may hold a secret
                                      : config::quoted_bytes(std::string_view(bytes).substr(0, 1000));
    context_.log.write(log_level::error, "XML-RPC request data " + shown + " is invalid: " + call.error().what);
    co_return call;
  }
  if (bytes.size() > usual_answer)
    std::string().swap(bytes); // its memory, too
  if (!request_lease_.cover(memory) && !co_await make_way(request_lease_, memory))
    call->method.clear();
  co_return call;
}

awaitable<http_connection::reply> http_connection::answer_rpc(std::string& bytes) {
  reply out;
  out.type = "text/xml";
  auto call = co_await parse(bytes);
  if (!call)
    co_return error_reply(400);
  if (call->method.empty()) // there is no memory for it
    co_return error_reply(503);
  bool traced = context_.log.wants(log_level::trace);
  if (traced)
    context_.log.write(log_level::trace, "XML-RPC method called: " + protocols::log_text(call->method) + "()");
  out.body.reserve(usual_answer); // most are written without growing
  protocols::rpc_writer writer{out.body};
  writer.begin_response();
  bool many = rpc_methods::is_multicall(call->method);
  asks_for_upgrade_ = call->method == upgrade_method;
  std::optional<rpc_fault> fault;
  if (context_.board.may_roll() && call->method.ends_with(".getVersion")) // clients begin with it
    out.headers = "Troupe-Restart: rolling\r\n";
  out.shared = context_.methods.whole_response(*caller_, *call);
  if (!out.shared && many)
    fault = co_await write_many(*call, out);
  else if (!out.shared)
    fault = co_await write_value(*call, out, false);
  if (fault) {
    out.body.clear();
    protocols::append_fault(out.body, fault->code, fault->text);
  } else {
    writer.end_response();
  }
  if (traced)
    context_.log.write(
      log_level::trace,
      "XML-RPC method " + protocols::log_text(call->method) + "() returned " +
        (fault ? "fault: [" + std::to_string(fault->code) + "] " + protocols::log_text(fault->text) : "successfully"));
  co_return out;
}

awaitable<std::optional<rpc_fault>> http_connection::write_value(const protocols::rpc_call& call, reply& out,
                                                                 bool many) {
  if (!at_troupe_ && context_.methods.is_out_of_sight(call.method))
    co_return protocols::make_fault(protocols::fault::unknown_method);
  protocols::rpc_writer writer{out.body};
  auto rest = context_.methods.begin(*caller_, origin_.get(), call.method, call.params, writer, context_.set.ask);
  if (rest.refused)
    co_return std::move(rest.refused);
  if (rest.work) {
    auto refused = co_await write_long(rest.work, out.body);
    co_return refused;
  }
  if (rest.ask) {
    if (rest.asked && !many)
      rest.asked->number = ++context_.last_number;
    asked_ = many ? nullptr : std::move(rest.asked);
    auto answered = co_await ask(std::move(rest.ask));
    if (!answered)
      co_return protocols::make_fault(protocols::fault::shutdown_state); // nobody reads it: the client has gone
    if (auto* fault = std::get_if<rpc_fault>(&*answered))
      co_return std::move(*fault);
    if (const auto* value = std::get_if<protocols::rpc_value>(&*answered); value && holds_secret(*value)) {
      out.secret = true;
      platform::make_room(out.body, platform::longest_secret);
    }
    rpc_methods::write(writer, *answered);
  }
  co_return std::nullopt;
}

awaitable<std::optional<rpc_fault>> http_connection::write_long(const rpc_long& work, std::string& body) {
  long_turn turn{context_.work};
  co_await turn.come();
  auto do_it = [&work, &body]() -> std::optional<rpc_fault> {
    auto came = work();
    if (auto* fault = std::get_if<rpc_fault>(&came))
      return std::move(*fault);
    protocols::rpc_writer writer{body};
    rpc_methods::write(writer, came);
    return std::nullopt;
  };
  auto refused = co_await elsewhere(context_.work, do_it);
  if (!refused && !answer_lease_.cover(body.size()) && !co_await make_way(answer_lease_, body.size()))
    refused = protocols::make_fault(protocols::fault::failed, "there is no memory for the answer at the moment; retry");
  co_return refused;
}

namespace {

rpc_fault too_long() {
  return protocols::make_fault(protocols::fault::failed, "the answers before this one are too long");
}

/// Instead of the value of one of many.
void write_fault(std::string& body, const rpc_fault& fault) {
  protocols::rpc_writer writer{body};
  writer.begin_struct();
  writer.member("faultCode", fault.code);
  writer.member("faultString", fault.text);
  writer.end_struct();
}

} // namespace

rpc_fault http_connection::refused_later(const protocols::rpc_call& call) const {
  tell_refused_page("/RPC2");
  return not_permitted(caller_->name(), call.method, {});
}

/// One after the other: what is behind a call that waits, waits too (3.4). Each is judged by the rules of its own time.
awaitable<std::optional<rpc_fault>> http_connection::write_many(const protocols::rpc_call& call, reply& out) {
  auto entries = rpc_methods::entries(call.params);
  if (auto* fault = std::get_if<rpc_fault>(&entries))
    co_return std::move(*fault);
  protocols::rpc_writer(out.body).begin_array();
  auto turn = steady::now();
  bool full = false;
  for (auto& entry : std::get<0>(entries)) {
    if (steady::now() - turn > turn_time) { // the other clients get theirs
      co_await asio::post(context_.io, asio::use_awaitable);
      turn = steady::now();
    }
    reply apart; // where a secret stands already: a text that grows leaves behind what it was
    auto& to = out.secret ? apart : out;
    auto start = to.body.size();
    std::optional<rpc_fault> fault;
    auto* made = std::get_if<protocols::rpc_call>(&entry);
    if (full)
      fault = too_long();
    else if (!made)
      fault = std::get<rpc_fault>(entry);
    else if (!is_still_somebody())
      fault = refused_later(*made);
    if (!fault)
      fault = co_await write_value(*made, to, true);
    auto size = out.body.size() + apart.body.size();
    full = full || size > http_limits::answer_bytes;
    if (!answer_lease_.cover(size) && !co_await make_way(answer_lease_, size)) {
      fault = too_long();
      full = true;
    }
    if (fault) {
      to.body.resize(start);
      write_fault(to.body, *fault);
    }
    if (&to == &apart) {
      platform::make_room(out.body, apart.body.size() + usual_answer);
      out.body += apart.body;
    }
  }
  protocols::rpc_writer(out.body).end_array();
  co_return std::nullopt;
}

// -- the actors ----------------------------------------------------------------------------------

void http_connection::pending::finish(std::optional<control_answer> answer) {
  if (auto f = std::exchange(resume, nullptr))
    f(std::move(answer));
}

/// The one bridge from a connection to the actors and extensions: holds no thread while it waits. `begin` sees to it
/// that the answer it is given comes, from any thread. Nothing: the client or the daemon is gone, and what was asked
/// for goes on without us.
awaitable<std::optional<control_answer>> http_connection::ask(rpc_deferred begin) {
  auto waiting = std::make_shared<pending>();
  pending_ = waiting;
  auto ask_actors = [this, waiting, begin = std::move(begin)](auto handler) {
    auto shared = std::make_shared<decltype(handler)>(std::move(handler));
    waiting->resume = [shared](std::optional<control_answer> a) { std::move (*shared)(std::move(a)); };
    auto deliver = [&io = context_.io, waiting](control_answer a) {
      asio::post(io, [waiting, a = std::move(a)]() mutable { waiting->finish(std::move(a)); });
    };
    control_answer lost = protocols::make_fault(protocols::fault::failed);
    context_.asking = this;
    begin(std::make_shared<reply_promise<control_answer>>(deliver, std::move(lost)));
    context_.asking = nullptr;
  };
  enter(phase::answering, never);
  watch_for_hangup(waiting);
  auto answered = co_await asio::async_initiate<const asio::use_awaitable_t<>, void(std::optional<control_answer>)>(
    ask_actors, asio::use_awaitable);
  pending_.reset();
  asked_.reset();
  boost::system::error_code ignored;
  socket_.cancel(ignored);
  co_return answered;
}

/// A client that goes away while it waits must not hold a descriptor until the answer comes.
void http_connection::watch_for_hangup(std::shared_ptr<pending> waiting) {
  auto readable = [self = shared_from_this(), waiting](const boost::system::error_code& failed) {
    if (failed || !waiting->resume)
      return;
    if (self->tls_) {
      auto seen = self->sign_of_tls();
      if (seen == sign::gone)
        self->abandon();
      else if (seen == sign::nothing)
        self->watch_for_hangup(waiting);
      return;
    }
    char byte = 0;
    auto count = ::recv(self->socket_.native_handle(), &byte, 1, MSG_PEEK | MSG_DONTWAIT);
    if (count > 0 || (count < 0 && (errno == EAGAIN || errno == EINTR)))
      return; // its next request has come
    self->abandon();
  };
  socket_.async_wait(socket::wait_read, readable);
}

} // namespace troupe::actors
