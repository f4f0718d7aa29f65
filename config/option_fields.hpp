// The members of every options struct, each with a number that is never used for anything else again: for whoever takes
// a configuration apart and puts it together elsewhere (protocols/parcel.hpp). A member that is not listed here does
// not compile. Must not know how they are kept. Source: docs/contract/survival.md, 6.3. Cases:
// tests/core/parcel_records_test.cpp.
#pragma once

#include "config/policy_fields.hpp"

namespace troupe::config {

TROUPE_MEMBERS(place, 2);
void fields(auto& a, is<place> auto& r) {
  a(1, r.file);
  a(2, r.line);
}

TROUPE_MEMBERS(log_target, 2);
void fields(auto& a, is<log_target> auto& r) {
  a(1, r.to);
  a(2, r.path);
}

TROUPE_MEMBERS(ownership, 2);
void fields(auto& a, is<ownership> auto& r) {
  a(1, r.uid);
  a(2, r.gid);
}

TROUPE_MEMBERS(log_file_options, 3);
void fields(auto& a, is<log_file_options> auto& r) {
  a(1, r.gzip);
  a(2, r.mode);
  a(3, r.owner);
}

TROUPE_MEMBERS(line_options, 3);
void fields(auto& a, is<line_options> auto& r) {
  a(1, r.json);
  a(2, r.timestamp);
  a(3, r.prefix);
}

TROUPE_MEMBERS(log_dressing, 2);
void fields(auto& a, is<log_dressing> auto& r) {
  a(1, r.files);
  a(2, r.lines);
}

TROUPE_MEMBERS(channel_options, 7);
void fields(auto& a, is<channel_options> auto& r) {
  a(1, r.logfile);
  a(2, r.logfile_maxbytes);
  a(3, r.logfile_backups);
  a(4, r.capture_maxbytes);
  a(5, r.syslog);
  a(6, r.events_enabled);
  a(7, r.dressing);
}

TROUPE_MEMBERS(fcgi_socket, 8);
void fields(auto& a, is<fcgi_socket> auto& r) {
  a(1, r.is_unix);
  a(2, r.path);
  a(3, r.host);
  a(4, r.port);
  a(5, r.backlog);
  a(6, r.mode);
  a(7, r.owner_uid);
  a(8, r.owner_gid);
}

TROUPE_MEMBERS(process_options, 25);
void fields(auto& a, is<process_options> auto& r) {
  a(1, r.name);
  a(2, r.section);
  a(3, r.command);
  a(4, r.priority);
  a(5, r.startsecs);
  a(6, r.startretries);
  a(7, r.stopwaitsecs);
  a(8, r.stopsignal);
  a(9, r.restart);
  a(10, r.autostart);
  a(11, r.stopasgroup);
  a(12, r.killasgroup);
  a(13, r.redirect_stderr);
  a(14, r.listener);
  exit_codes_field(a, 15, r.exitcodes);
  a(16, r.umask);
  a(17, r.uid);
  a(18, r.directory);
  a(19, r.serverurl);
  environment_field(a, 20, r.env);
  a(21, r.out);
  a(22, r.err);
  a(23, r.socket);
  a(24, r.deathlines);
  a(25, r.policy);
}

TROUPE_MEMBERS(group_options, 12);
void fields(auto& a, is<group_options> auto& r) {
  a(1, r.kind);
  a(2, r.name);
  a(3, r.priority);
  a(4, r.processes);
  a(5, r.buffer_size);
  a(6, r.events);
  a(7, r.result_handler);
  a(8, r.result_handler_at);
  a(9, r.socket);
  a(10, r.detail);
  a(11, r.ordered_stop);
  a(12, r.onfailure);
}

TROUPE_MEMBERS(network, 3);
void fields(auto& a, is<network> auto& r) {
  a(1, r.is);
  a(2, r.ip);
  a(3, r.prefix);
}

TROUPE_MEMBERS(tls_options, 8);
void fields(auto& a, is<tls_options> auto& r) {
  a(1, r.cert);
  a(2, r.key);
  a(3, r.client_ca);
  a(4, r.client_required);
  a(5, r.at_least_1_3);
  a(6, r.cert_at);
  a(7, r.key_at);
  a(8, r.client_ca_at);
}

TROUPE_MEMBERS(server_options, 16);
void fields(auto& a, is<server_options> auto& r) {
  a(1, r.section);
  a(2, r.is_unix);
  a(3, r.host);
  a(4, r.port);
  a(5, r.file);
  a(6, r.chmod);
  a(7, r.chown_uid);
  a(8, r.chown_gid);
  a(9, r.username);
  a(10, r.password);
  a(11, r.allowed_hosts);
  a(12, r.max_roles);
  a(13, r.anonymous);
  a(14, r.peer_auth);
  a(15, r.trusted_proxies);
  a(16, r.tls);
}

TROUPE_MEMBERS(rpcinterface_options, 7);
void fields(auto& a, is<rpcinterface_options> auto& r) {
  a(1, r.name);
  a(2, r.factory);
  a(3, r.options);
  a(4, r.roles);
  a(5, r.command);
  a(6, r.timeout);
  a(7, r.at);
}

TROUPE_MEMBERS(supervisord_options, 30);
void fields(auto& a, is<supervisord_options> auto& r) {
  a(1, r.minfds);
  a(2, r.minprocs);
  a(3, r.directory);
  a(4, r.user);
  a(5, r.uid);
  a(6, r.umask);
  a(7, r.logfile);
  a(8, r.logfile_maxbytes);
  a(9, r.logfile_backups);
  a(10, r.log_files);
  a(11, r.json_log);
  a(12, r.loglevel);
  a(13, r.pidfile);
  a(14, r.identifier);
  a(15, r.nodaemon);
  a(16, r.silent);
  a(17, r.childlogdir);
  a(18, r.nocleanup);
  a(19, r.strip_ansi);
  a(20, r.env);
  a(21, r.deathlines);
  milliseconds_field(a, 22, r.upgradetimeout);
  a(23, r.survive);
  a(24, r.survivelimit);
  a(25, r.stop_leftovers);
  a(26, r.startconcurrency);
  a(27, r.restartbudget);
  a(28, r.notifydir);
  a(30, r.updates_processes);
  a(35, r.statefile);
}

TROUPE_MEMBERS(role_options, 6);
void fields(auto& a, is<role_options> auto& r) {
  a(1, r.name);
  a(2, r.rights);
  a(3, r.signals);
  a(4, r.methods);
  a(5, r.programs);
  a(6, r.networks);
}

TROUPE_MEMBERS(stored_password, 2);
void fields(auto& a, is<stored_password> auto& r) {
  a(1, r.is);
  a(2, r.text);
}

TROUPE_MEMBERS(user_options, 7);
void fields(auto& a, is<user_options> auto& r) {
  a(1, r.name);
  a(2, r.password);
  a(3, r.uids);
  a(4, r.gids);
  a(5, r.certificate_names);
  a(6, r.certificate_hashes);
  a(7, r.roles);
}

TROUPE_MEMBERS(access_options, 9);
void fields(auto& a, is<access_options> auto& r) {
  a(1, r.token_file);
  a(2, r.token_ttl);
  a(3, r.token_ttl_max);
  a(4, r.session_idle);
  a(5, r.session_max);
  a(6, r.session_bound);
  a(7, r.users);
  a(8, r.roles);
  a(9, r.labels);
}

TROUPE_MEMBERS(audit_options, 9);
void fields(auto& a, is<audit_options> auto& r) {
  a(1, r.file);
  a(2, r.json);
  a(3, r.maxbytes);
  a(4, r.backups);
  a(5, r.reads);
  a(6, r.required);
  a(7, r.chain);
  a(8, r.key_file);
  a(9, r.events);
}

TROUPE_MEMBERS(history_options, 5);
void fields(auto& a, is<history_options> auto& r) {
  a(1, r.file);
  a(2, r.maxbytes);
  a(3, r.maxage);
  a(4, r.full_sync);
  a(5, r.keep);
}

/// But for what is only said at a start, and what only a scale asks for.
TROUPE_MEMBERS(configuration, 12);
void fields(auto& a, is<configuration> auto& r) {
  a(1, r.file);
  a(2, r.supervisord);
  a(3, r.groups);
  a(4, r.servers);
  a(5, r.rpcinterfaces);
  a(6, r.access);
  a(7, r.audit);
  a(8, r.server_url);
  a(9, r.history);
}

#undef TROUPE_MEMBERS

} // namespace troupe::config
