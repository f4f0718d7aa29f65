// One client's connection: its requests, one after the other, and the answers to them; or a stream. What it asks of the
// methods is http_rpc.cpp, of the web UI http_web.cpp, streams are http_streams.cpp; of the connection itself: its life
// is http_connection.cpp, what comes in http_reading.cpp, who sends it http_login.cpp, http_admit.cpp and
// http_sign_in.cpp, who answers http_routing.cpp, what goes out http_writing.cpp. Must not include Beast's parser,
// which is slow to compile. Source: docs/contract/http.md, 1.
#pragma once

#include "actors/http/http_context.hpp"
#include "actors/web/web_desk.hpp"
#include "platform/tls_stream.hpp"
#include "platform/wipe.hpp"
#include "protocols/credentials.hpp"
#include "protocols/sign_in.hpp"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/generic/stream_protocol.hpp>
#include <boost/beast/core/flat_buffer.hpp>

#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace troupe::actors {

class audited_act;
class tls_desk;

/// A piece of a stream: as a chunk, or as it is.
std::string chunk(std::string_view bytes, bool chunked);

class http_connection : public std::enable_shared_from_this<http_connection> {
public:
  using socket = asio::generic::stream_protocol::socket;
  /// `address`: where it comes from, for counting failed logins.
  http_connection(http_context& context, socket s, const config::server_options& server, std::string peer,
                  std::string address, config::origin from, std::optional<platform::peer_credentials> user);
  ~http_connection();

  void speak_tls(std::shared_ptr<tls_desk> of_its_server); ///< before start()
  void start();
  void expire();        ///< its deadline has passed
  void close_if_idle(); ///< the server stops
  void judge_again();   ///< other rules of access are in force
  void judge_token();   ///< some have ended
  // another binary follows: http_handover.cpp
  void rest();              ///< it keeps still, is told, or ends
  bool keeps_still() const; ///< it does, or has ended
  bool is_held() const;     ///< it waits for the end of the upgrade
  held_client hold();
  std::optional<carried_client> carried() const; ///< while it keeps still; nothing: it cannot be taken along
  /// Before start(): it is another binary's. `act`: of what it waits for, in the audit trail.
  void go_on_with(carried_client from, std::shared_ptr<audited_act> act);
  bool may_choose_binary() const; ///< which follows
  void abandon();                 ///< now
  void flush();                   ///< what send_soon() is for: sends what the socket has room for

  enum class phase { idle, reading, answering, writing, streaming } doing = phase::idle;
  steady::time_point since = steady::now(); ///< it is in this phase
  steady::time_point moved = steady::now(); ///< bytes of a body came or went
  steady::time_point deadline = never;
  const std::string peer;                                        ///< HOST:PORT
  std::optional<std::uint32_t> uid() const { return peer_uid_; } ///< of whoever connected to a unix socket
  bool stalls(const http_pool& pool) const;                      ///< holds memory of it, and has not moved for a while

private:
  /// A request, as far as the answer depends on it.
  struct request {
    bool whole = false;    ///< the body has been read
    bool keep_open = true; ///< as far as the client is concerned
    int version = 11;
    bool head_only = false; ///< HEAD: no body in the answer
    std::string line;       ///< for the access log
  };
  struct incoming; ///< and with its parser (http_reading.cpp)
  struct reply {
    reply() = default;
    reply(reply&&) = default;
    reply& operator=(reply&&) = default;
    ~reply() { forget(); }
    void forget() { ///< if it is secret
      if (secret)
        platform::wipe(headers), platform::wipe(body);
    }
    int status = 200;
    std::string_view type = "text/html";
    std::string headers; ///< more of them, each with CRLF
    std::string body;
    std::shared_ptr<const std::string> shared = nullptr; ///< instead of `body`
    bool close = false;
    bool secret = false; ///< it opens a session, or shows a token: nothing of it stays in memory
    std::string_view text() const { return shared ? *shared : body; }
  };
  /// The answer of the actors that is waited for.
  bool asks_for_upgrade_ = false; ///< and for nothing else
  bool at_troupe_ = false;        ///< it asks at the address where all methods `troupe.*` are known
  int version_ = 11;              ///< of the request that is answered
  int fd() const;
  struct pending {
    std::function<void(std::optional<control_answer>)> resume;
    void finish(std::optional<control_answer> answer);
  };

  awaitable<void> run();
  // where it speaks TLS: http_tls.cpp
  enum class sign { nothing, next_request, gone };
  awaitable<bool> shake_hands();
  awaitable<void> refuse_plain();
  awaitable<bool> tls_ready(platform::tls_stream::state next);
  awaitable<bool> read_tls(std::size_t room);
  bool write_tls_now(std::string_view& head, std::string_view& body);
  awaitable<bool> write_tls(std::string_view head, std::string_view body);
  bool discard_tls();
  sign sign_of_tls();
  void close_socket();

  awaitable<void> park();
  awaitable<bool> finish_request();
  bool may_wait_on() const;
  bool is_over() const { return context_.closing || (context_.resting && tls_server_); }
  void forget_head();
  struct body_on_its_way { ///< while it is read
    body_on_its_way(http_connection& c, const std::string* so_far) : of(c) {
      of.body_comes_ = true;
      of.body_ = so_far;
    }
    ~body_on_its_way() {
      of.body_comes_ = false;
      of.body_ = nullptr;
      of.forget_head();
    }
    body_on_its_way(const body_on_its_way&) = delete;
    body_on_its_way& operator=(const body_on_its_way&) = delete;
    http_connection& of;
  };
  awaitable<bool> serve_one();
  bool request_begins();
  boost::system::error_code take_head(incoming& r);
  void head_is_whole(incoming& r);
  static reply refused_body(incoming& r, int status);
  void is_answered();
  void number_request();
  /// Nothing: `credentials` (the header Authorization) are right. Otherwise: the answer for a client without the
  /// password.
  awaitable<std::optional<reply>> turn_away(std::string_view credentials);
  /// What a request says of who sends it (access control is on); points into it.
  struct proofs {
    std::vector<std::string_view> authorization; ///< each such header
    std::vector<std::string_view> cookies;       ///< each such header, where they count
    bool relayed = false;                        ///< by a proxy or a browser: it does not come from whoever connected
    bool of_a_node = false;                      ///< it has a `Troupe-Identity`, and there are no nodes that might
  };
  /// Of a server with trusted_proxies: what each X-Forwarded-For says, and X-Forwarded-Proto.
  void see_through(std::span<const std::string_view> forwarded_for, std::string_view proto);
  void look_behind_proxies(const incoming& r);
  bool has_to_prove(incoming& r);
  awaitable<std::optional<reply>> prove(const incoming& r);
  void word_refusal(reply& refused, const incoming& r) const;
  bool is_known(const proofs& shown);
  /// Who caller_ is by the rules and proofs of now; null: nobody any more.
  caller_ptr caller_of_now();
  /// A request may take its time, and what it was admitted by may end meanwhile. False: caller_ is nobody any more.
  bool is_still_somebody();
  /// Nothing: caller_ has been found. Otherwise the answer for whoever has not proved who he is.
  awaitable<std::optional<reply>> admit(proofs shown);
  awaitable<std::optional<reply>> admit_by_password(const protocols::proof& proof);
  awaitable<std::optional<reply>> admit_by_token(const protocols::proof& proof); ///< http_token.cpp
  bool token_lasts() const;                                                      ///< that of caller_, if he came by one
  steady::time_point token_end() const;                                          ///< likewise
  awaitable<caller_ptr> user_by_password(const protocols::proof& proof, std::string as_before);
  static reply busy(int status, std::int64_t seconds);
  struct tried_proof {
    std::optional<reply> refused; ///< it is not looked at
    std::optional<protocols::login_throttle::attempt> attempt;
  };
  tried_proof try_it(std::optional<std::string_view> name);
  std::string place() const; ///< whose attempts count together
  /// `user`: as the proof names him; he may be nobody.
  awaitable<std::optional<reply>> refused_after_a_while(steady::time_point asked, std::string user,
                                                        std::string_view how);
  void tell_refused_proof(std::string_view user, std::string_view how);
  void tell_refused_page(std::string_view target) const;
  void note_origin();
  static reply refused_proof();
  // signing in by form (http_sign_in.cpp)
  const protocols::session* session_shown(const proofs& shown);
  void ask_for_proof(reply& refused, const web_request& r, std::string_view accept, bool proved) const;
  void forget_caller(bool relayed);
  bool has_sign_in(protocols::sign_in_place where) const;
  awaitable<reply> answer_sign_in(protocols::sign_in_place where, const web_request& r);
  awaitable<reply> sign_in(const web_request& r, bool json);
  reply signed_in(const web_request& r, const std::string* next);
  reply sign_out(const web_request& r);
  reply end_session(const web_request& r);
  reply account_page();
  std::string page_token() const;
  std::string listener_name() const;
  bool over_tls() const { return arrival_.secure; }
  bool session_is_over();
  steady::time_point session_end();
  std::string keyed(std::string_view proof) const;
  awaitable<void> wait_for_turn(steady::duration time);
  void learn_user();
  awaitable<bool> read_more(std::size_t room);
  /// Nothing: the client has gone. 200: the body has arrived. Any other status: the request is refused with it.
  awaitable<std::optional<int>> read_body(incoming& r);
  /// Makes room for `bytes` in the pool of `lease`: connections that hold memory of it and have not moved for a while
  /// are ended. False: there is no room.
  awaitable<bool> make_way(http_lease& lease, std::size_t bytes);
  /// Answers the whole request `r`: `seen` is what it says, `body` its body. True: the connection stays open; so with
  /// send().
  awaitable<bool> answer(const request& r, const web_request& seen, std::string& body);
  awaitable<bool> send(const request& r, reply what);
  void append_access_headers(std::string& head) const;
  awaitable<bool> write(std::string_view head, std::string_view body);
  bool write_now(std::string_view& head, std::string_view& body);
  awaitable<void> linger();
  static reply error_reply(int status);

  awaitable<reply> answer_rpc(std::string& body);
  awaitable<config::result<protocols::rpc_call>> parse(std::string& bytes);
  awaitable<std::optional<protocols::rpc_fault>> write_value(const protocols::rpc_call& call, reply& out, bool many);
  awaitable<std::optional<protocols::rpc_fault>> write_long(const rpc_long& work, std::string& body);
  awaitable<std::optional<protocols::rpc_fault>> write_many(const protocols::rpc_call& call, reply& out);
  protocols::rpc_fault refused_later(const protocols::rpc_call& call) const; ///< nobody is behind it any more
  awaitable<std::optional<control_answer>> ask(rpc_deferred begin);
  void watch_for_hangup(std::shared_ptr<pending> waiting);

  /// Or the status that a request for it is refused with.
  std::variant<log_stream, int> find_log(std::string_view target, bool main_log) const;
  void tell_read(config::right what, std::string_view target, std::optional<protocols::fault> refused) const;
  struct request_head {
    int version = 11;
    bool chunked = true;
  };
  /// False: there is no such log, and nothing was sent.
  bool may_go_on() const; ///< a stream
  awaitable<bool> stream_log(request_head r, log_stream source);
  awaitable<std::optional<reply>> answer_web(const web_request& r, request_head head);
  awaitable<bool> stream_events(request_head r);
  std::string whose_streams() const { return caller_ && caller_->known() ? caller_->name() : std::string(); }
  void discard_input();
  bool discard_plain();
  awaitable<void> end_stream(bool chunked); ///< of an open connection: says so to the client

  void enter(phase p, steady::time_point until);

  static constexpr std::size_t large_read = 65536;

  http_context& context_;
  const std::optional<std::uint32_t> peer_uid_;
  socket socket_;
  std::unique_ptr<platform::tls_stream> tls_; ///< null: plain, or hands have not been shaken
  std::shared_ptr<tls_desk> tls_server_;      ///< null: plain
  platform::tls_stream::state tls_waits_{};   ///< for what, to write on
  int reads_in_a_row_ = 0;                    ///< of TLS
  const config::server_options& server_;
  http_lease request_lease_;
  http_lease answer_lease_;
  using input_buffer = boost::beast::basic_flat_buffer<platform::wiping_allocator<char>>;
  input_buffer buffer_;
  std::string_view unsent_; ///< a small answer, until flush(); then what the socket had no room for
  std::shared_ptr<pending> pending_;
  std::function<void()> wake_; ///< of a stream
  std::string address_;        ///< where it comes from, in the log
  std::string who_;            ///< whose failed logins count together
  bool learnt_ = false;        ///< its user, where it is one of this machine
  bool known_ = false;         ///< its password was right before
  caller_ptr caller_;          ///< who sends the request that is being answered; null: nobody has proved it
  arrival arrival_;
  struct direct_arrival;
  std::shared_ptr<direct_arrival> direct_;   ///< once it was asked who is behind a proxy
  std::uint64_t epoch_ = 0;                  ///< of the rules that caller_ was found by
  std::string remembered_;                   ///< of his proof, to tell it again: keyed, not the proof itself
  std::uint64_t judged_ = 0;                 ///< the rules that caller_ was last looked up in, while his request lasts
  protocols::digest password_mark_{};        ///< gate::mark_of() the password that he has proved
  bool relayed_ = false;                     ///< it came with marks of a proxy or a browser
  std::optional<session_desk::key> session_; ///< that caller_ was found by
  bool at_open_door_ = false; ///< nothing has to be proved for what is asked: whoever caller_ is, it is not about him
  std::string request_;       ///< the number of the request
  std::unique_ptr<audit_origin> origin_; ///< for the audit trail; null: there is none
  bool expired_ = false;
  // for another binary
  bool parked_ = false;
  bool lingers_ = false;                             ///< it has been answered, and ends
  bool stays_ = true;                                ///< once it has been answered
  platform::wiping_string head_;                     ///< while the rest comes
  const std::string* body_ = nullptr;                ///< so far, while it comes, if it comes as it is
  bool body_comes_ = false;                          ///< in one way or another
  std::shared_ptr<control_request> asked_;           ///< it waits for that alone
  std::optional<carried_wait> before_;               ///< of the binary before this one
  std::shared_ptr<audited_act> act_before_;          ///< likewise; null: none
  bool gone_ = false;                                ///< the client of a stream
  std::function<bool(const caller&)> still_allowed_; ///< to follow what it follows
  bool revoked_ = false;                             ///< it is not
  bool signed_out_ = false;                          ///< because nobody asks any more
};

} // namespace troupe::actors
