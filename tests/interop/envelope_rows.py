"""10.2: XML-RPC bodies, well-formed or not, and system.*."""
import time
import xmlrpc.client

from .harness import Fault, Http, Table, U, check

TABLE = Table("envelope")

UNKNOWN = Fault(1, "UNKNOWN_METHOD")
WRONG = Fault(2, "INCORRECT_PARAMETERS")

METHODS = """supervisor.addProcessGroup supervisor.clearAllProcessLogs supervisor.clearLog supervisor.clearProcessLog
supervisor.clearProcessLogs supervisor.getAPIVersion supervisor.getAllConfigInfo supervisor.getAllProcessInfo
supervisor.getIdentification supervisor.getPID supervisor.getProcessInfo supervisor.getState
supervisor.getSupervisorVersion supervisor.getVersion supervisor.readLog supervisor.readMainLog
supervisor.readProcessLog supervisor.readProcessStderrLog supervisor.readProcessStdoutLog supervisor.reloadConfig
supervisor.removeProcessGroup supervisor.restart supervisor.sendProcessStdin supervisor.sendRemoteCommEvent
supervisor.shutdown supervisor.signalAllProcesses supervisor.signalProcess supervisor.signalProcessGroup
supervisor.startAllProcesses supervisor.startProcess supervisor.startProcessGroup supervisor.stopAllProcesses
supervisor.stopProcess supervisor.stopProcessGroup supervisor.tailProcessLog supervisor.tailProcessStderrLog
supervisor.tailProcessStdoutLog system.listMethods system.methodHelp system.methodSignature system.multicall""".split()

SIGNATURES = {
    "boolean": "clearLog restart shutdown",
    "boolean string": "addProcessGroup clearProcessLog clearProcessLogs removeProcessGroup",
    "boolean string boolean": "startProcess stopProcess",
    "boolean string string": "sendProcessStdin sendRemoteCommEvent signalProcess",
    "string": "getAPIVersion getIdentification getSupervisorVersion getVersion",
    "int": "getPID",
    "struct": "getState",
    "struct string": "getProcessInfo",
    "string int int": "readLog readMainLog",
    "string string int int": "readProcessLog readProcessStderrLog readProcessStdoutLog",
    "array": "clearAllProcessLogs getAllConfigInfo getAllProcessInfo reloadConfig",
    "array string": "signalAllProcesses",
    "array boolean": "startAllProcesses stopAllProcesses",
    "array string boolean": "startProcessGroup stopProcessGroup",
    "array string string": "signalProcessGroup",
    "array string int int": "tailProcessLog tailProcessStderrLog tailProcessStdoutLog",
}


def call(method, *params, head=""):
    """A body by hand; `params` are the texts inside <value>."""
    values = "".join(f"<param><value>{p}</value></param>" for p in params)
    return f"{head}<methodCall><methodName>{method}</methodName><params>{values}</params></methodCall>"


def body(number, text, expected, upstream=None):
    """What is posted as it is. `expected`: an outcome, or a type that the result has."""
    def run(harness):
        _, result = harness.posted(text)
        if isinstance(expected, type):
            check.assertIsInstance(result, expected)
        else:
            check.assertEqual(expected, result)
    shown = text if isinstance(text, str) else repr(text)
    TABLE.add(number, shown[:120], run, upstream)


INFO = "supervisor.getProcessInfo"

body(52, "hello", Http(400))
body(52, "<", Http(400))
body(52, "<methodCall>", Http(400))
body(52, "<methodCall><methodName>supervisor.getPID</methodCall></methodName>", Http(400))
body(53, "<methodCall><methodName></methodName></methodCall>", Http(400))
body(54, "<methodCall><params><param><value><int>1</int></value></param></params></methodCall>", Http(400))
body(55, "<methodCall><methodName>supervisor.getPID</methodName></methodCall>", int)
body(55, "<methodCall><methodName>supervisor.getPID</methodName><params/></methodCall>", int)
for name in ("supervisor.nope", "foo.bar", "getPID", "supervisor.supervisord.options", "supervisor._update",
             "supervisor.supervisord", "supervisor.", ".getPID", "."):
    body(56, call(name), UNKNOWN)
body(57, call(" supervisor.getPID "), UNKNOWN)
body(58, call("supervisor.getPID", "<int>1</int>"), WRONG)
body(59, call("supervisor.startProcess"), WRONG)
for value in ("<int>1</int>", "<nil/>", "<boolean>1</boolean>", "<double>1</double>", "<array><data/></array>",
              "<dateTime.iso8601>20261122T10:53:25</dateTime.iso8601>"):
    body(60, call("supervisor.startProcess", value), WRONG, U("HTTP 500"))
body(60, call(INFO, "<struct/>"), WRONG, U("HTTP 500"))
body(61, call("supervisor.readLog", "<int>x</int>", "<int>1</int>"), Http(400))
body(61, call("supervisor.readLog", "<int></int>", "<int>1</int>"), Http(400))
body(61, call("supervisor.readLog", "<double>x</double>", "<int>1</int>"), Http(400))


@TABLE.step(62)
def numbers_as_text(harness):
    """readLog("0", "10")"""
    check.assertEqual(harness.call("readLog", "0", "10"), harness.log()[:10])


@TABLE.step(63)
def numbers_with_a_fraction(harness):
    """readLog(1.9, 10.5)"""
    check.assertEqual(harness.call("readLog", 1.9, 10.5), harness.log()[1:11])
    check.assertEqual(harness.call("readLog", True, 10), harness.log()[1:11])


TABLE.calls((64, "readLog", ("zz", 10), WRONG, U("HTTP 500")))
body(65, call(INFO, "<base64>bm9uZQ==</base64>"), Fault(10, "BAD_NAME: none"))
body(65, call(INFO, "<base64>!!</base64>"), Fault(10, "BAD_NAME: "))
body(66, call(INFO, "<base64>/w==</base64>"), Http(400))
body(67, call(INFO, " nolog "), Fault(10, "BAD_NAME:  nolog "))
body(67, call(INFO, ""), Fault(10, "BAD_NAME: "))
body(67, call(INFO, "<string> nolog </string>"), Fault(10, "BAD_NAME:  nolog "))
body(67, call(INFO, "<string>a<![CDATA[<&>]]>&#233;&quot;&apos;</string>"), Fault(10, "BAD_NAME: a<&>é\"'"))
body(67, call(INFO, "<other>x</other>"), Fault(10, "BAD_NAME: x"))


@TABLE.step(68)
def escaped(harness):
    """getProcessInfo of <&é>"""
    answer, result = harness.posted(call(INFO, "&lt;&amp;é&gt;"))
    check.assertIn("BAD_NAME: &lt;&amp;é&gt;".encode(), answer.body)
    check.assertEqual(result, Fault(10, "BAD_NAME: <&é>"))
    check.assertEqual(answer.body, (
        "<?xml version='1.0'?>\n<methodResponse>\n<fault>\n<value><struct>\n<member>\n<name>faultCode</name>\n"
        "<value><int>10</int></value>\n</member>\n<member>\n<name>faultString</name>\n<value><string>"
        "BAD_NAME: &lt;&amp;é&gt;</string></value>\n</member>\n</struct></value>\n</fault>\n</methodResponse>\n").encode())


body(69, call(INFO, "<dateTime.iso8601>1998</dateTime.iso8601>"), Http(400))
body(70, call("supervisor.getPID") + "x", Http(400))
body(70, call("supervisor.getPID") + "<more/>", Http(400))
body(70, call("supervisor.getPID") + " \n<!-- a remark -->\n", int)
body(71, call("supervisor.getPID", head="<?xml version='1.0' encoding='ISO-8859-1'?>"), int)
body(72, b"\xef\xbb\xbf" + call("supervisor.getPID").encode(), int)
body(72, "\n " + call("supervisor.getPID"), int)
body(72, "\n" + call("supervisor.getPID", head="<?xml version='1.0'?>"), Http(400))
body(73, call("supervisor.getPID").encode() + b"\xff", Http(400), U("closed"))
body(73, call(INFO, "\0"), Http(400))
body(73, call(INFO, "\x1b"), Http(400))
body(73, call(INFO, "&#27;"), Http(400))
body(73, call(INFO, "&nope;"), Http(400))
for doctype in ('<!DOCTYPE x [<!ENTITY a "b">]>', "<!DOCTYPE x>",
                '<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]>'):
    body(73, call(INFO, "cat", head=doctype), Http(400), U("expands internal entities"))


@TABLE.step(74)
def state_byte_by_byte(harness):
    """getState raw body"""
    answer, result = harness.posted(call("supervisor.getState"))
    check.assertEqual(answer.body, (
        b"<?xml version='1.0'?>\n<methodResponse>\n<params>\n<param>\n<value><struct>\n<member>\n"
        b"<name>statecode</name>\n<value><int>1</int></value>\n</member>\n<member>\n<name>statename</name>\n"
        b"<value><string>RUNNING</string></value>\n</member>\n</struct></value>\n</param>\n</params>\n</methodResponse>\n"))
    check.assertEqual(len(answer.body), 279)


@TABLE.step(75)
def true_byte_by_byte(harness):
    """clearProcessLogs("nolog") raw"""
    answer, _ = harness.posted(call("supervisor.clearProcessLogs", "nolog"))
    check.assertIn(b"<value><boolean>1</boolean></value>", answer.body)
    check.assertEqual(answer.headers["content-length"], "129")


body(76, call("system.multicall", "<array></array>"), Http(400))
body(76, call("system.multicall", "<struct><member><name>a</name></member></struct>"), Http(400))


# -- multicall ---------------------------------------------------------------------------------------

def entry(method, *params):
    return {"methodName": method, "params": list(params)}


def failure(code, text):
    return {"faultCode": code, "faultString": text}


@TABLE.step(78)
def each_alone(harness):
    """multicall([{getPID}, {nope.x}])"""
    check.assertEqual(harness.call("system.multicall", [entry("supervisor.getPID"), {"methodName": "nope.x"}]),
                      [harness.pid, failure(1, "UNKNOWN_METHOD")])


TABLE.calls(
    (77, "system.multicall", ([],), []),
    (79, "system.multicall", ([{}],), [failure(2, "INCORRECT_PARAMETERS: No methodName")]),
    (80, "system.multicall", ([entry("system.multicall", [])],),
     [failure(2, "INCORRECT_PARAMETERS: Recursive system.multicall forbidden")]),
    (83, "system.multicall", (4,), WRONG),
    (83, "system.multicall", (), WRONG),
    (84, "system.multicall", ("abc",), WRONG, U("HTTP 500")),
    (84, "system.multicall", ([5],), WRONG, U("HTTP 500")),
    (84, "system.multicall", ([{"methodName": "supervisor.getPID", "params": 5}],), [failure(2, "INCORRECT_PARAMETERS")]),
    (84, "system.multicall", ([{"methodName": 5}],), [failure(2, "INCORRECT_PARAMETERS")], U("FAILED")),
)


@TABLE.step(81)
def one_after_the_other(harness):
    """multicall([{stopProcess,[cat]}, {startProcess,[cat]}, {getState}]) with cat running"""
    check.assertIs(harness.call("startProcess", "cat"), True)
    before = harness.call("getProcessInfo", "cat")["pid"]
    began = time.monotonic()
    found = harness.call("system.multicall", [entry("supervisor.stopProcess", "cat"), entry("supervisor.startProcess", "cat"),
                                          entry("supervisor.getState")])
    check.assertEqual(found, [True, True, {"statecode": 1, "statename": "RUNNING"}])
    check.assertGreaterEqual(time.monotonic() - began, 1)  # startsecs
    check.assertNotEqual(harness.call("getProcessInfo", "cat")["pid"], before)


@TABLE.step(82)
def a_failure_among_them(harness):
    """multicall([{startProcess,[quick]}, {getPID}])"""
    check.assertEqual(harness.call("system.multicall", [entry("supervisor.startProcess", "quick"), entry("supervisor.getPID")]),
                      [failure(50, "SPAWN_ERROR: quick"), harness.pid])


# -- introspection -----------------------------------------------------------------------------------

UNSUPPORTED = Fault(4, "SIGNATURE_UNSUPPORTED")
TABLE.calls(
    (85, "system.methodSignature", ("system.methodSignature",), ["array", "string"]),
    (86, "system.methodSignature", ("supervisor.startProcess",), ["boolean", "string", "boolean"]),
    (87, "system.methodSignature", ("nope",), UNSUPPORTED),
    (87, "system.methodHelp", ("nope",), UNSUPPORTED),
    (87, "system.methodSignature", ({},), UNSUPPORTED),
    (88, "system.listMethods", (), METHODS),
    (89, "system.listMethods", ("x",), WRONG),
)


@TABLE.step(86)
def all_signatures(harness):
    """7.3: methodSignature of every method, and help that ends in matching tags"""
    for signature, names in SIGNATURES.items():
        for name in names.split():
            check.assertEqual(harness.call("system.methodSignature", "supervisor." + name), signature.split(), name)
    for name in METHODS:
        tags = [line.split() for line in harness.call("system.methodHelp", name).splitlines() if line.strip().startswith("@")]
        told = [t[1] for t in tags if t[0] == "@return"] + [t[1] for t in tags if t[0] == "@param"]
        check.assertEqual(told, harness.call("system.methodSignature", name), name)


@TABLE.step(65, U("i8 is a string"))
def other_types(harness):
    """binary data as a name; a large integer"""
    check.assertEqual(harness.outcome("getProcessInfo", xmlrpc.client.Binary(b"cat"))["name"], "cat")
    _, result = harness.posted(call("supervisor.readLog", "<i8>9999999999</i8>", "<i4>1</i4>"))
    check.assertEqual(result, "")
