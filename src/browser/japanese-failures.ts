import type { ErrorCode } from '../errors.js';
import { lookup } from '../json.js';

/** A failure in Japanese: what happened, and what to change. */
export interface JapaneseFailure {
  readonly what: string;
  readonly change: string;
}

const REPORT = 'プロバイダーの提供元に報告してください';
const CLOCKS = 'この端末とプロバイダーの時刻を NTP で合わせてください。';
const KNOWN_SKEW = '差が分かっている場合は、--clock-tolerance に許容する秒数を指定してください。';
const WITHOUT_USERINFO = 'UserInfo が不要であれば、--no-userinfo を付けてください。';
const IN_THE_FILE = '暗号化ファイルを使ってサインインしてください(oidc-cli login --store file)。';
const FORGET = 'oidc-cli logout --local でセッションを消去してから、もう一度サインインしてください。';
const PROVIDERS_LOG = '続く場合は、プロバイダーのログで原因を確認してください。';

/** Every code that a browser can be told of: those of the answer, and of all that follows it until the session is kept. */
const FAILURES: Readonly<Partial<Record<ErrorCode, readonly [what: string, change: string]>>> = {
  // The authorization response
  one_time_address_reused: [
    'このサインインのワンタイムアドレスが二つのプログラムで開かれたため、処理を終了しました。',
    'もう一度実行して、アドレスを一度だけ開いてください。繰り返される場合は、--no-browser を付けてください。',
  ],
  access_denied: [
    'サインインが拒否またはキャンセルされました。',
    'もう一度サインインして、許可してください。許可しても拒否される場合は、プロバイダーのサインインログで、利用者とアプリケーションの記録を確認してください。',
  ],
  login_required: [
    'プロバイダーへのサインインが必要ですが、サインイン画面が表示されませんでした。',
    '--prompt none を付けている場合は外してください。付けていない場合は、--prompt login を付けてもう一度サインインしてください。',
  ],
  consent_required: [
    'プロバイダーが必要とする同意が得られていません。',
    '--prompt consent を付けて一度サインインするか、管理者にスコープへの同意を依頼してください。',
  ],
  interaction_required: [
    'プロバイダーが必要とする操作(二要素認証や規約への同意など)が済んでいません。',
    '--prompt none を付けている場合は外してください。付けていない場合は、先にプロバイダーの画面でサインインして求められた操作を済ませてから、もう一度サインインしてください。',
  ],
  account_selection_required: [
    '使用するアカウントが選択されていません。',
    '--prompt none を付けている場合は外すか、--login-hint でアカウントを指定してください。',
  ],
  invalid_scope: [
    '要求したスコープをプロバイダーが受け付けませんでした。',
    '--scope の値を、プロバイダーの管理画面でこのアプリケーションに許可されているスコープと比べてください。',
  ],
  invalid_target: [
    '要求したリソースをプロバイダーが受け付けませんでした。',
    '--resource の値が、プロバイダーに登録されている API の識別子と、末尾のスラッシュまで一致しているか確認してください。',
  ],
  invalid_request: [
    'プロバイダーは要求が正しくないと判断しました。',
    'ターミナルに表示されているプロバイダーの説明を、--redirect-uri などのサインインの設定と照らし合わせてください。',
  ],
  unauthorized_client: [
    'このクライアントには、この操作が許可されていません。',
    'アプリケーションの設定で、グラントタイプ authorization_code と refresh_token を許可してください。',
  ],
  unsupported_response_type: [
    'このクライアントには認可コードの発行が許可されていません。',
    'アプリケーションの設定で、レスポンスタイプ code を許可してください。',
  ],
  provider_server_error: ['プロバイダー側でエラーが発生しました。', `もう一度試してください。${PROVIDERS_LOG}`],
  provider_unavailable: ['プロバイダーは現在利用できません。', 'しばらくしてから、もう一度試してください。'],
  authorization_refused: [
    'プロバイダーがサインインを拒否しました。',
    'ターミナルに表示されているエラーを、プロバイダーのドキュメントで調べてください。',
  ],
  callback_issuer_mismatch: [
    '応答の発行者(iss)が、要求を送ったプロバイダーと一致しません。',
    'プロバイダーのディスカバリー情報と応答に、同じ issuer が書かれるようにしてください。',
  ],
  callback_invalid: [
    '届いた応答は認可レスポンスとして正しくありません。',
    '応答には code と state、または error と state が必要です(RFC 6749 §4.1.2)。アプリケーションのフローと response_mode の設定を確認してください。',
  ],

  // The token endpoint
  invalid_client: [
    'プロバイダーがクライアントの認証を受け付けませんでした。',
    'クライアント ID、クライアントシークレット、認証方式(--client-auth)を、プロバイダーの設定と比べてください。',
  ],
  invalid_grant: [
    'プロバイダーが認可コードを受け付けませんでした。',
    `時間を置かずに、もう一度サインインしてください。${PROVIDERS_LOG}`,
  ],
  unsupported_grant_type: [
    'このクライアントにはこのグラントタイプが許可されていません。',
    'アプリケーションの設定で、グラントタイプ authorization_code を許可してください。',
  ],
  token_request_refused: [
    'トークンエンドポイントが要求を拒否しました。',
    'ターミナルに表示されているエラーをプロバイダーのドキュメントで調べ、エンドポイントのアドレスとプロバイダーのログを確認してください。',
  ],
  token_response_invalid: [
    'トークンエンドポイントの応答が標準に従っていません。',
    `${REPORT}。応答は access_token と token_type を含む JSON でなければなりません(RFC 6749 §5.1)。`,
  ],
  no_id_token: [
    'プロバイダーから ID トークンが返されませんでした。',
    '--scope "openid profile email" を指定し、アプリケーションにスコープ openid を許可してください。',
  ],

  // The ID token
  key_set_unavailable: [
    'プロバイダーの鍵セット(JWKS)を取得できませんでした。',
    'ターミナルに表示されているアドレスをブラウザーで開き、"keys" のリストを含む JSON が返ることを確認してください。',
  ],
  endpoint_missing: [
    'プロバイダーのディスカバリー情報に、必要なエンドポイントがありません。',
    'プロバイダーのディスカバリー情報を確認するか、プロファイルの tokenEndpoint や jwksUri でアドレスを指定してください。',
  ],
  id_token_malformed: ['ID トークンが JWT の形式ではありません。', `${REPORT}。`],
  id_token_encrypted: [
    'ID トークンが暗号化されているため、内容を確認できません。',
    'アプリケーションの設定で、ID トークンの暗号化(id_token_encrypted_response_alg)を無効にしてください。',
  ],
  id_token_signature_invalid: [
    'ID トークンの署名が正しくありません。',
    'プロバイダーが署名に使う鍵と、jwks_uri で公開されている鍵を比べてください。アプリケーションは、このトークンを受け入れてはいけません。',
  ],
  id_token_key_not_found: [
    'ID トークンの署名に使われた鍵を、プロバイダーの鍵セット(JWKS)の中から特定できません。',
    'プロバイダーが鍵を jwks_uri で公開してから署名に使い、ID トークンのヘッダーに kid を入れるようにしてください。',
  ],
  id_token_alg_mismatch: [
    'ID トークンの署名アルゴリズムは、プロバイダーが公表したものでも要求したものでもありません。',
    'アプリケーションの ID トークンの署名アルゴリズムを、プロバイダーが公表しているもの(RS256 や ES256 など)に設定してください。',
  ],
  id_token_alg_unsupported: [
    'ID トークンの署名アルゴリズムは、公開鍵では検証できません。',
    'アプリケーションの ID トークンの署名アルゴリズムを、RS256 または ES256 に設定してください。',
  ],
  id_token_issuer_mismatch: [
    'ID トークンの発行者(iss)が、プロバイダーの issuer と一致しません。',
    'プロバイダーの issuer が、ディスカバリー情報とトークンで一字一句同じになるようにしてください。',
  ],
  id_token_audience_mismatch: [
    'ID トークンは、別のクライアントに宛てて(aud)発行されています。',
    'プロバイダーで ID トークンの aud を修正してください。aud の値がこのアプリケーション自身のものであれば、その値をクライアント ID に指定してください。',
  ],
  id_token_authorized_party_mismatch: [
    'ID トークンの azp が、このクライアントではありません。',
    'プロバイダーが、このクライアントだけに宛てて ID トークンを発行するようにしてください。',
  ],
  id_token_expired: [
    'ID トークンの有効期限(exp)が切れています。',
    `${CLOCKS}時刻が合っている場合は、プロバイダーで ID トークンの有効期間を長くしてください。`,
  ],
  id_token_not_yet_valid: ['ID トークンは、まだ有効になっていません(nbf)。', `${CLOCKS}${KNOWN_SKEW}`],
  id_token_issued_in_future: [
    'ID トークンの発行時刻(iat)が未来になっています。',
    `${CLOCKS}プロバイダーが iat と exp を秒単位で書いていることも確認してください。`,
  ],
  id_token_too_old: [
    'ID トークンは、このサインインよりかなり前に発行されたものです。',
    'プロバイダーが、サインインのたびに新しい ID トークンを発行するようにしてください。',
  ],
  id_token_nonce_mismatch: [
    'ID トークンの nonce が、このサインインで送信したものと一致しません。',
    'プロバイダーが、受け取った nonce を変えずに ID トークンへ入れるようにしてください(OIDC Core §3.1.3.7)。',
  ],
  id_token_at_hash_mismatch: [
    'アクセストークンが、ID トークンの at_hash と一致しません。',
    `${REPORT}(OIDC Core §3.1.3.6)。`,
  ],
  id_token_c_hash_mismatch: ['認可コードが、ID トークンの c_hash と一致しません。', `${REPORT}(OIDC Core §3.3.2.11)。`],
  id_token_subject_invalid: [
    'ID トークンの sub は、利用者の識別子として使えません。',
    'すべての利用者が 255 文字以内の値を持つ属性を、sub に割り当ててください。',
  ],
  id_token_auth_time_invalid: [
    '利用者の認証時刻(auth_time)が、要求した条件を満たしていません。',
    '--prompt login も付けるか、--max-age の値を大きくしてください。',
  ],
  id_token_acr_mismatch: [
    '要求した認証方法(acr)でサインインしていません。',
    '--acr-values の値を、プロバイダーのディスカバリー情報にある acr_values_supported と比べてください。',
  ],
  id_token_claim_missing: [
    'ID トークンに必須のクレームがないか、その型が正しくありません。',
    'プロバイダーが iss、sub、aud、exp、iat を正しい型で ID トークンに入れるようにしてください(OIDC Core §2)。',
  ],
  id_token_readers_disagree: [
    'ID トークンを検証した二つの結果が一致しません。',
    'このトークンは検証されていないものとして扱い、--json の出力を添えて oidc-cli の開発者に報告してください。',
  ],
  clock_skew: ['この端末とプロバイダーの時刻のずれが、許容範囲を超えています。', `${CLOCKS}${KNOWN_SKEW}`],

  // Userinfo
  userinfo_refused: [
    'UserInfo エンドポイントがエラーを返しました。',
    `--resource を付けずに、スコープ openid と profile を要求してください。${WITHOUT_USERINFO}`,
  ],
  userinfo_invalid: [
    'UserInfo エンドポイントの応答を利用できません。',
    `プロバイダーで、UserInfo の応答を sub を含む通常の JSON に設定してください。${WITHOUT_USERINFO}`,
  ],
  userinfo_subject_mismatch: [
    'UserInfo と ID トークンが別の利用者を示しています。',
    'プロバイダーで、ID トークンと UserInfo の sub を同じにしてください。アプリケーションは、このクレームを使ってはいけません(OIDC Core §5.3.2)。',
  ],

  // The connection
  network_dns: [
    'プロバイダーのホスト名を解決できませんでした。',
    'ホスト名に誤りがないか、VPN やプロキシ(HTTPS_PROXY)が必要でないかを確認してください。',
  ],
  network_refused: [
    'プロバイダーへの接続が拒否されました。',
    'プロバイダーを起動するか、ホスト名とポート番号を修正してください。',
  ],
  network_unreachable: [
    'この端末からプロバイダーに到達できません。',
    'ネットワークの状態と、プロキシ(HTTPS_PROXY)が必要でないかを確認してください。',
  ],
  network_closed: [
    'プロバイダーの応答が終わる前に、接続が切れました。',
    'もう一度試してください。続く場合は、プロバイダーとプロキシのログを確認してください。',
  ],
  network_failed: [
    'プロバイダーと通信できませんでした。',
    'この端末からアドレスに接続できるか、curl などで確認してください。',
  ],
  network_timeout: [
    'プロバイダーの応答が、制限時間内に得られませんでした。',
    'プロバイダーのログと、VPN やプロキシの設定を確認してください。時間がかかるだけの場合は、--timeout の値を大きくしてください。',
  ],
  tls_not_trusted: [
    'プロバイダーの TLS 証明書を信頼できません。',
    '証明書の有効期限とホスト名を確認してください。独自の CA が発行した証明書であれば、--ca でその CA のファイルを指定してください。',
  ],
  tls_failed: [
    'プロバイダーと安全な接続(TLS)を確立できませんでした。',
    'URL のスキーム(http または https)とポート番号を確認してください。',
  ],
  proxy_failed: [
    'プロキシを経由した通信に失敗しました。',
    '環境変数 HTTPS_PROXY と HTTP_PROXY を確認するか、ホスト名を NO_PROXY に加えてください。',
  ],
  response_too_large: [
    'プロバイダーの応答が大きすぎます。',
    'ターミナルに表示されているアドレスの内容を curl で取得し、先頭の部分を確認してください。',
  ],

  response_too_deep: [
    'プロバイダーの応答の JSON の入れ子が深すぎます。',
    'ターミナルに表示されているアドレスの内容を curl で取得し、プロバイダーの運用者に報告してください。',
  ],

  // Keeping the session, and with --save the profile
  store_version_newer: [
    'セッションは、より新しいバージョンの oidc-cli で保存されています。',
    'そのバージョンの oidc-cli を使うか、環境変数 OIDC_CLI_HOME に別のフォルダーを指定してください。',
  ],
  store_unavailable: [
    'セッションの保存先を利用できません。',
    `キーチェーンのサービス(Linux では gnome-keyring や KWallet)を起動するか、${IN_THE_FILE}`,
  ],
  store_locked: [
    'キーチェーンのロックが解除されませんでした。',
    `キーチェーンのロックを解除してもう一度試すか、${IN_THE_FILE}`,
  ],
  store_timeout: [
    'セッションの保存先が時間内に応答しませんでした。',
    'キーチェーンのロックを解除する画面が隠れていないか、別の oidc-cli が動いていないかを確認して、もう一度試してください。',
  ],
  store_key_invalid: [
    'セッションの暗号化に使う鍵が正しくありません。',
    `環境変数 OIDC_CLI_STORE_KEY または鍵ファイルを、保存したときのものに戻してください。戻せない場合は、${FORGET}`,
  ],
  store_corrupt: ['保存されているセッションのファイルが壊れています。', FORGET],
  store_failed: [
    'セッションを保存できませんでした。',
    '保存先のフォルダーを確認するか、環境変数 OIDC_CLI_HOME で別のフォルダーを指定してください。',
  ],
  config_file_unreadable: [
    'プロファイルのファイルを読み書きできませんでした。',
    'ターミナルに表示されているファイルの場所と、アクセス権を確認してください。',
  ],
  config_file_invalid: [
    'プロファイルのファイルの内容が正しくありません。',
    'ターミナルに表示されている箇所を修正してから、もう一度サインインしてください。',
  ],
  profile_exists: [
    '同じ名前のプロファイルがすでにあります。',
    '--save に別の名前を指定して、もう一度サインインしてください。',
  ],

  // A Logto connector
  connector_code_missing: [
    'プロバイダーの応答に認可コードがありません。Logto はこのサインインを受け付けません。',
    'ターミナルに表示されているプロバイダーの説明に従って、コネクターまたはプロバイダーの設定を修正してください。',
  ],
  connector_client_assertion_failed: [
    'コネクターの設定ではクライアントアサーションに署名できません。',
    'clientSecret と clientSecretJwtSigningAlgorithm を設定してください。',
  ],
  connector_endpoint_invalid: [
    'コネクターのエンドポイントが正しい URL ではありません。',
    'プロバイダーのディスカバリー情報から、https:// を含めてエンドポイントをコピーしてください。',
  ],
  connector_verification_config_invalid: [
    'コネクターの idTokenVerificationConfig に使えない値があります。',
    '秒数は引用符のない数値か、単位の付いた文字列("30 s" など)で、algorithms は ["RS256"] のようなリストで指定してください。',
  ],
  connector_token_refused: [
    'トークンエンドポイントが Logto と同じ要求を拒否しました。',
    'clientId、clientSecret、tokenEndpointAuthMethod、customConfig を、プロバイダーに登録されている内容と比べてください。',
  ],
  connector_token_response_invalid: [
    'トークンエンドポイントの応答は Logto が受け付けない形式です。',
    'tokenEndpoint のアドレスと、スコープ openid が許可されていることを確認してください。どちらも正しい場合は、プロバイダー側で応答を修正する必要があります。',
  ],
  connector_token_unreachable: [
    'トークンエンドポイントと通信できませんでした。',
    'tokenEndpoint のアドレスと、Logto のサーバーからプロバイダーに接続できることを確認してください。',
  ],
  connector_key_set_unavailable: [
    'プロバイダーの鍵セット(JWKS)を取得できませんでした。',
    'プロバイダーのディスカバリー情報にある jwks_uri を、idTokenVerificationConfig.jwksUri にコピーしてください。同じ場合は、プロバイダー側で修正が必要です。',
  ],
  connector_id_token_refused: [
    'ID トークンの検証に失敗しました。Logto はこのサインインを受け付けません。',
    'コネクターの idTokenVerificationConfig と clientId を、プロバイダーのディスカバリー情報と比べてください(oidc-cli doctor --connector で確認できます)。',
  ],
  connector_claims_refused: [
    'ID トークンのクレームは Logto が受け付けない型です。',
    'プロバイダーが、クレームを標準の型(OIDC Core §5.1)で書くようにしてください。真偽値が文字列で書かれている場合は、acceptStringTypedBooleanClaims を true に設定してください。',
  ],
  connector_nonce_mismatch: [
    'ID トークンの nonce が送信したものと異なります。',
    'プロバイダーが、受け取った nonce を変えずに ID トークンへ入れるようにしてください。',
  ],
};

/**
 * A failure in Japanese by its stable code; undefined for a code that no
 * browser is told of. What is special to this run (names, the provider's own
 * words) is on the terminal.
 */
export function japaneseFailure(code: string): JapaneseFailure | undefined {
  const failure = lookup(FAILURES, code);
  return failure && { what: failure[0], change: failure[1] };
}
