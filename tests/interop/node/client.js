// SPDX-License-Identifier: MIT
/*
 * msgpack5rpc over Node's own TLS does the main job: log in, create, read,
 * be refused, pipeline.  run.py starts the server and says where it is.
 */
'use strict';
const assert = require('assert');
const fs = require('fs');
const path = require('path');
const tls = require('tls');
const Session = require('msgpack5rpc');

const { KEHU_PORT, KEHU_CA, KEHU_PASSWORDS } = process.env;
let passed = 0;
let failed = 0;

async function claim(name, body) {
	try {
		await body();
		passed++;
		console.log('ok     ' + name);
	} catch (why) {
		failed++;
		console.log('FAILED ' + name + ': ' + (why.stack || JSON.stringify(why)));
	}
}

function connect() {
	return new Promise((resolve, reject) => {
		const socket = tls.connect({
			host: '127.0.0.1', port: Number(KEHU_PORT), ca: fs.readFileSync(KEHU_CA),
			ALPNProtocols: ['kehu/1'], minVersion: 'TLSv1.3',
		}, () => {
			const session = new Session();
			session.attach(socket, socket);
			resolve({
				socket,
				call: (method, params) => new Promise((done, refuse) =>
					session.request(method, [params || {}],
						(error, result) => error ? refuse(error) : done(result))),
			});
		});
		socket.on('error', reject);
		socket.setTimeout(120000, () => socket.destroy(new Error('silence')));
	});
}

async function login(user) {
	const client = await connect();
	const password = fs.readFileSync(path.join(KEHU_PASSWORDS, user), 'utf8').trim();
	await client.call('session.login', { user, password });
	return client;
}

async function refused(promise) {
	try {
		await promise;
	} catch (error) {
		return error.code;
	}
	throw new Error('not refused');
}

async function main() {
	await claim('hello before login, nothing else', async () => {
		const client = await connect();
		assert.ok((await client.call('session.hello')).protocol);
		assert.strictEqual(await refused(client.call('schema.get')), 'unauthenticated');
		client.socket.end();
	});
	await claim('a customer is created and read back', async () => {
		const client = await login('sh-manager');
		const made = await client.call('record.create', { entity: 'customer', fields: {
			name: '节点客户有限公司', type: 'company', category: 'vip', source: 'visit',
			uscc: '91310000631696382C', city: '上海' } });
		const got = await client.call('record.get', { entity: 'customer', id: made.number });
		assert.strictEqual(got.fields.name, '节点客户有限公司');
		assert.strictEqual(got.version, made.version);
		client.socket.end();
	});
	await claim('sales is not told of a credit limit', async () => {
		const client = await login('sh-sales');
		assert.strictEqual(await refused(client.call('record.find', { entity: 'customer',
			where: ['>', 'credit_limit', '1'] })), 'unknown');
		client.socket.end();
	});
	await claim('a hundred pipelined requests each get their answer', async () => {
		const client = await login('sh-manager');
		const answers = await Promise.all(Array.from({ length: 100 }, (_, n) =>
			n % 2 ? client.call('session.whoami') :
				client.call('record.find', { entity: 'customer', limit: 1 })));
		answers.forEach((answer, n) =>
			assert.ok(n % 2 ? answer.user === 'sh-manager' : Array.isArray(answer.rows)));
		client.socket.end();
	});
	console.log(passed + ' passed, ' + failed + ' failed');
	process.exit(failed || !passed ? 1 : 0);
}

main();
