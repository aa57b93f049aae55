'use strict';

// node-soap as a server of our WSDL over mutual TLS, which answers what it is told:
//   node server.js WSDL CA.pem SERVER.pem SERVER.key
// node-soap's own server writes an answer without looking at the schema: all members in the service's namespace, and xsi:nil
// with a prefix that nobody declared. Here its writer of requests, which follows the schema, writes the answers too.
// The first line says {operations, address}. Each line {value}, {blind} or {fault, status} sets the answers from now on and
// is confirmed by {ready}; `blind` is a value that node-soap's own server may write as it does. Each call that comes in says {operation, request, client}, as node-soap read it.

const fs = require('fs');
const https = require('https');
const soap = require('soap');
const { say, listen } = require('./wire');

const [wsdl, ca, cert, key] = process.argv.slice(2).map((name) => fs.readFileSync(name, 'utf8'));
const PATH = '/2020/PASIService2020.svc';
const XSI = 'http://www.w3.org/2001/XMLSchema-instance';
let told;
let contract; // node-soap's reading of the WSDL

const answering = (operation) => (request, _done, _headers, http) => {
  say({ operation, request, client: http.socket.getPeerCertificate().subject.CN });
  if (told.fault) throw { Fault: { ...told.fault, statusCode: told.status } };
  if (told.blind) return told.blind;
  const { output } = contract.definitions.bindings.PASIService2020Binding.methods[operation];
  const { $name, targetNSAlias, targetNamespace, $type, $lookupType } = output;
  return { _xml: contract.objectToDocumentXML($name, told.value, targetNSAlias, targetNamespace, $type || $lookupType) };
};

const operations = [...wsdl.matchAll(/<wsdl:operation name="(\w+)"><soap:operation/g)].map((found) => found[1]);
const methods = Object.fromEntries(operations.map((name) => [name, answering(name)]));
const server = https.createServer({ ca, cert, key, requestCert: true, rejectUnauthorized: true, minVersion: 'TLSv1.2' });

server.listen(0, '127.0.0.1', () => {
  const listener = soap.listen(server, {
    path: PATH,
    services: { PASIService2020: { PASIService2020: methods } },
    xml: wsdl,
    handleNilAsNull: true,
    callback: (error) => {
      if (error) throw error;
      contract = listener.wsdl;
      contract.options.preserveWhitespace = true; // as an option of its own it is not taken over
      contract.xmlnsInEnvelope += ` xmlns:xsi="${XSI}"`;
      say({ operations, address: `https://127.0.0.1:${server.address().port}${PATH}` });
    },
  });
  listen((answer) => {
    told = answer;
    say({ ready: true });
  });
});
