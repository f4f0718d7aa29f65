// See system_names.hpp: the names of POSIX, and those of others where the system has them.
#include "config/system_names.hpp"

#include <cerrno>
#include <csignal>

namespace troupe::config {

namespace {

struct entry {
  int number;
  const char* name;
};

constexpr entry errors[] = {
  {EPERM, "EPERM"},
  {ENOENT, "ENOENT"},
  {ESRCH, "ESRCH"},
  {EINTR, "EINTR"},
  {EIO, "EIO"},
  {ENXIO, "ENXIO"},
  {E2BIG, "E2BIG"},
  {ENOEXEC, "ENOEXEC"},
  {EBADF, "EBADF"},
  {ECHILD, "ECHILD"},
  {EAGAIN, "EAGAIN"},
  {ENOMEM, "ENOMEM"},
  {EACCES, "EACCES"},
  {EFAULT, "EFAULT"},
  {EBUSY, "EBUSY"},
  {EEXIST, "EEXIST"},
  {EXDEV, "EXDEV"},
  {ENODEV, "ENODEV"},
  {ENOTDIR, "ENOTDIR"},
  {EISDIR, "EISDIR"},
  {EINVAL, "EINVAL"},
  {ENFILE, "ENFILE"},
  {EMFILE, "EMFILE"},
  {ENOTTY, "ENOTTY"},
  {ETXTBSY, "ETXTBSY"},
  {EFBIG, "EFBIG"},
  {ENOSPC, "ENOSPC"},
  {ESPIPE, "ESPIPE"},
  {EROFS, "EROFS"},
  {EMLINK, "EMLINK"},
  {EPIPE, "EPIPE"},
  {EDOM, "EDOM"},
  {ERANGE, "ERANGE"},
  {EDEADLK, "EDEADLK"},
  {ENAMETOOLONG, "ENAMETOOLONG"},
  {ENOLCK, "ENOLCK"},
  {ENOSYS, "ENOSYS"},
  {ENOTEMPTY, "ENOTEMPTY"},
  {ELOOP, "ELOOP"},
  {ENOMSG, "ENOMSG"},
  {EIDRM, "EIDRM"},
  {EPROTO, "EPROTO"},
  {EBADMSG, "EBADMSG"},
  {EOVERFLOW, "EOVERFLOW"},
  {EILSEQ, "EILSEQ"},
  {ENOTSOCK, "ENOTSOCK"},
  {EDESTADDRREQ, "EDESTADDRREQ"},
  {EMSGSIZE, "EMSGSIZE"},
  {EPROTOTYPE, "EPROTOTYPE"},
  {ENOPROTOOPT, "ENOPROTOOPT"},
  {EPROTONOSUPPORT, "EPROTONOSUPPORT"},
  {EOPNOTSUPP, "EOPNOTSUPP"},
  {EAFNOSUPPORT, "EAFNOSUPPORT"},
  {EADDRINUSE, "EADDRINUSE"},
  {EADDRNOTAVAIL, "EADDRNOTAVAIL"},
  {ENETDOWN, "ENETDOWN"},
  {ENETUNREACH, "ENETUNREACH"},
  {ENETRESET, "ENETRESET"},
  {ECONNABORTED, "ECONNABORTED"},
  {ECONNRESET, "ECONNRESET"},
  {ENOBUFS, "ENOBUFS"},
  {EISCONN, "EISCONN"},
  {ENOTCONN, "ENOTCONN"},
  {ETIMEDOUT, "ETIMEDOUT"},
  {ECONNREFUSED, "ECONNREFUSED"},
  {EHOSTUNREACH, "EHOSTUNREACH"},
  {EALREADY, "EALREADY"},
  {EINPROGRESS, "EINPROGRESS"},
  {ESTALE, "ESTALE"},
  {EDQUOT, "EDQUOT"},
  {ECANCELED, "ECANCELED"},
  {EOWNERDEAD, "EOWNERDEAD"},
  {ENOTRECOVERABLE, "ENOTRECOVERABLE"},
#ifdef ENOTBLK
  {ENOTBLK, "ENOTBLK"},
#endif
#ifdef ECHRNG
  {ECHRNG, "ECHRNG"},
#endif
#ifdef EL2NSYNC
  {EL2NSYNC, "EL2NSYNC"},
#endif
#ifdef EL3HLT
  {EL3HLT, "EL3HLT"},
#endif
#ifdef EL3RST
  {EL3RST, "EL3RST"},
#endif
#ifdef ELNRNG
  {ELNRNG, "ELNRNG"},
#endif
#ifdef EUNATCH
  {EUNATCH, "EUNATCH"},
#endif
#ifdef ENOCSI
  {ENOCSI, "ENOCSI"},
#endif
#ifdef EL2HLT
  {EL2HLT, "EL2HLT"},
#endif
#ifdef EBADE
  {EBADE, "EBADE"},
#endif
#ifdef EBADR
  {EBADR, "EBADR"},
#endif
#ifdef EXFULL
  {EXFULL, "EXFULL"},
#endif
#ifdef ENOANO
  {ENOANO, "ENOANO"},
#endif
#ifdef EBADRQC
  {EBADRQC, "EBADRQC"},
#endif
#ifdef EBADSLT
  {EBADSLT, "EBADSLT"},
#endif
#ifdef EBFONT
  {EBFONT, "EBFONT"},
#endif
#ifdef ENOSTR
  {ENOSTR, "ENOSTR"},
#endif
#ifdef ENODATA
  {ENODATA, "ENODATA"},
#endif
#ifdef ETIME
  {ETIME, "ETIME"},
#endif
#ifdef ENOSR
  {ENOSR, "ENOSR"},
#endif
#ifdef ENONET
  {ENONET, "ENONET"},
#endif
#ifdef ENOPKG
  {ENOPKG, "ENOPKG"},
#endif
#ifdef EREMOTE
  {EREMOTE, "EREMOTE"},
#endif
#ifdef ENOLINK
  {ENOLINK, "ENOLINK"},
#endif
#ifdef EADV
  {EADV, "EADV"},
#endif
#ifdef ESRMNT
  {ESRMNT, "ESRMNT"},
#endif
#ifdef ECOMM
  {ECOMM, "ECOMM"},
#endif
#ifdef EMULTIHOP
  {EMULTIHOP, "EMULTIHOP"},
#endif
#ifdef EDOTDOT
  {EDOTDOT, "EDOTDOT"},
#endif
#ifdef ENOTUNIQ
  {ENOTUNIQ, "ENOTUNIQ"},
#endif
#ifdef EBADFD
  {EBADFD, "EBADFD"},
#endif
#ifdef EREMCHG
  {EREMCHG, "EREMCHG"},
#endif
#ifdef ELIBACC
  {ELIBACC, "ELIBACC"},
#endif
#ifdef ELIBBAD
  {ELIBBAD, "ELIBBAD"},
#endif
#ifdef ELIBSCN
  {ELIBSCN, "ELIBSCN"},
#endif
#ifdef ELIBMAX
  {ELIBMAX, "ELIBMAX"},
#endif
#ifdef ELIBEXEC
  {ELIBEXEC, "ELIBEXEC"},
#endif
#ifdef ERESTART
  {ERESTART, "ERESTART"},
#endif
#ifdef ESTRPIPE
  {ESTRPIPE, "ESTRPIPE"},
#endif
#ifdef EUSERS
  {EUSERS, "EUSERS"},
#endif
#ifdef ESOCKTNOSUPPORT
  {ESOCKTNOSUPPORT, "ESOCKTNOSUPPORT"},
#endif
#ifdef EPFNOSUPPORT
  {EPFNOSUPPORT, "EPFNOSUPPORT"},
#endif
#ifdef ESHUTDOWN
  {ESHUTDOWN, "ESHUTDOWN"},
#endif
#ifdef ETOOMANYREFS
  {ETOOMANYREFS, "ETOOMANYREFS"},
#endif
#ifdef EHOSTDOWN
  {EHOSTDOWN, "EHOSTDOWN"},
#endif
#ifdef EUCLEAN
  {EUCLEAN, "EUCLEAN"},
#endif
#ifdef ENOTNAM
  {ENOTNAM, "ENOTNAM"},
#endif
#ifdef ENAVAIL
  {ENAVAIL, "ENAVAIL"},
#endif
#ifdef EISNAM
  {EISNAM, "EISNAM"},
#endif
#ifdef EREMOTEIO
  {EREMOTEIO, "EREMOTEIO"},
#endif
#ifdef ENOMEDIUM
  {ENOMEDIUM, "ENOMEDIUM"},
#endif
#ifdef EMEDIUMTYPE
  {EMEDIUMTYPE, "EMEDIUMTYPE"},
#endif
#ifdef ENOKEY
  {ENOKEY, "ENOKEY"},
#endif
#ifdef EKEYEXPIRED
  {EKEYEXPIRED, "EKEYEXPIRED"},
#endif
#ifdef EKEYREVOKED
  {EKEYREVOKED, "EKEYREVOKED"},
#endif
#ifdef EKEYREJECTED
  {EKEYREJECTED, "EKEYREJECTED"},
#endif
#ifdef ERFKILL
  {ERFKILL, "ERFKILL"},
#endif
#ifdef EHWPOISON
  {EHWPOISON, "EHWPOISON"},
#endif
};

constexpr entry signals[] = {
  {SIGHUP, "HUP"},       {SIGINT, "INT"},   {SIGQUIT, "QUIT"}, {SIGILL, "ILL"},   {SIGTRAP, "TRAP"}, {SIGABRT, "ABRT"},
  {SIGBUS, "BUS"},       {SIGFPE, "FPE"},   {SIGKILL, "KILL"}, {SIGUSR1, "USR1"}, {SIGSEGV, "SEGV"}, {SIGUSR2, "USR2"},
  {SIGPIPE, "PIPE"},     {SIGALRM, "ALRM"}, {SIGTERM, "TERM"}, {SIGCHLD, "CHLD"}, {SIGCONT, "CONT"}, {SIGSTOP, "STOP"},
  {SIGTSTP, "TSTP"},     {SIGTTIN, "TTIN"}, {SIGTTOU, "TTOU"}, {SIGURG, "URG"},   {SIGXCPU, "XCPU"}, {SIGXFSZ, "XFSZ"},
  {SIGVTALRM, "VTALRM"}, {SIGPROF, "PROF"}, {SIGSYS, "SYS"},
#ifdef SIGSTKFLT
  {SIGSTKFLT, "STKFLT"},
#endif
#ifdef SIGWINCH
  {SIGWINCH, "WINCH"},
#endif
#ifdef SIGPOLL
  {SIGPOLL, "POLL"},
#endif
#ifdef SIGIO
  {SIGIO, "IO"},
#endif
#ifdef SIGPWR
  {SIGPWR, "PWR"},
#endif
#ifdef SIGINFO
  {SIGINFO, "INFO"},
#endif
#ifdef SIGEMT
  {SIGEMT, "EMT"},
#endif
};

/// Of two names of one number the first counts.
template <std::size_t Size>
const char* find(const entry (&table)[Size], int number) {
  for (const auto& e : table)
    if (e.number == number)
      return e.name;
  return nullptr;
}

} // namespace

const char* name_of_errno(int number) { return find(errors, number); }

const char* abbreviation_of_signal(int number) {
#ifdef SIGRTMIN // no constants
  if (number == SIGRTMIN)
    return "RTMIN";
  if (number == SIGRTMAX)
    return "RTMAX";
#endif
  return find(signals, number);
}

} // namespace troupe::config
