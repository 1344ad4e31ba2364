declare module 'parse-prometheus-text-format' {
  /** The metric families of a text in Prometheus' format; throws where it is not one. */
  export default function parsePrometheusTextFormat(text: string): unknown[];
}
