// See http_probe.hpp.
#include "actors/io/http_probe.hpp"

#include <boost/asio/buffer.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/read.hpp>

#include <cstddef>

namespace troupe::actors {

namespace http = boost::beast::http;

namespace {

constexpr std::size_t longest_head = 8192;
constexpr int usual_port = 80;

} // namespace

struct http_probe::exchange {
  std::string request;
  boost::beast::flat_buffer bytes{longest_head};
  std::optional<http::response_parser<http::empty_body>> head;
  int interim = 0; ///< answers so far that only say that there will be one
};

std::string http_request_of(const config::check_form& form) {
  return "GET " + form.text +
         " HTTP/1.1\r\nHost: " + host_and_port(form.host, form.number == usual_port ? 0 : form.number) +
         "\r\nUser-Agent: supervisord\r\nAccept: */*\r\nConnection: close\r\n\r\n";
}

void http_probe::connected() {
  exchange_ = std::make_shared<exchange>();
  exchange_->request = http_request_of(order_.form);
  boost::asio::async_write(socket_, boost::asio::buffer(exchange_->request),
                           contained([this](const boost::system::error_code&, std::size_t) { read_head(); }));
}

/// Also where not all could be sent: what came before the connection was closed is an answer.
void http_probe::read_head() {
  constexpr int most_interim = 8;
  exchange_->head.emplace();
  exchange_->head->header_limit(longest_head);
  http::async_read_header(socket_, exchange_->bytes, *exchange_->head,
                          contained([this](const boost::system::error_code& failed, std::size_t) {
                            if (failed)
                              return fail("no HTTP answer");
                            auto status = exchange_->head->get().result_int();
                            if (status < 200 && ++exchange_->interim <= most_interim)
                              return read_head();
                            if (status >= 200 && status < 400)
                              answer({true, {}});
                            else
                              fail("HTTP " + std::to_string(status));
                          }));
}

} // namespace troupe::actors
